"""
Generated universes for tests/bench/resolver: plugins that release for years, contracts, and requests.

    eco    as a plugin market: few dependencies, caret ranges that follow time, few conflicts
    dense  as a distribution: closures of hundreds, more pins and stale ranges
    hard   as dense, with a third of exact or tilde pins and four times the conflicts
    alt    a choice among providers that cannot stand beside some others': a colouring

Each of the first three also gets chains that end in incompatible versions of one base: half of them can be had
with an old version at the far end, half cannot. The same arguments give the same universe.
"""

import bisect
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """How plugins of a family behave; shares are of 1."""
    dependencies: float
    conflicts: float
    exclusive: float  # contracts of which only one provider can be there
    stale: tuple      # how old what a plugin asks for may be
    exact: float      # kinds of ranges: thresholds of one draw; what is left over has no upper end
    tilde: float
    caret: float


ECO = Family(1.15, .01, .02, (0, 0, 0, 0, 0, 0, 0, .02, .05, .1), .01, .12, .80)
DENSE = Family(1.9, .03, .03, (0, 0, 0, .05, .3), .03, .12, .80)
HARD = Family(1.9, .12, .25, (0, 0, .1, .3, .5), .10, .35, .85)


def text(version):
    return "%d.%d.%d" % version


def caret(version):
    kept = next((part for part in (0, 1) if version[part]), 2)
    upper = tuple(n + 1 if part == kept else 0 for part, n in enumerate(version))
    return f">={text(version)} <{text(upper)}"


def tilde(version):
    return f">={text(version)} <{version[0]}.{version[1] + 1}.0"


class Market:
    """The plugins of one universe, their versions in the course of a time from 0 to 1."""

    def __init__(self, kind, plugins, versions=6, seed=1):
        self.draw = random.Random(f"{kind}/{plugins}/{versions}/{seed}")
        self.family = {"eco": ECO, "dense": DENSE, "hard": HARD}[kind]
        self.names = [f"plugin-{i:05d}" for i in range(plugins)]
        self.chain_versions = versions
        self.versions, self.times = [], []
        for _ in self.names:
            self.release(versions)
        self.contracts = [self.contract(c) for c in range(max(4, plugins // 20))]

    def release(self, versions):
        draw = self.draw
        count = max(1, min(3 * versions, int(draw.expovariate(1 / versions) + .5)))
        born = draw.random() * .6
        self.times.append(sorted([born] + [born + (1 - born) * draw.random() for _ in range(count - 1)]))
        version, out = (draw.choice((0, 1, 1)), 1, 0) if draw.random() < .5 else (1, 0, 0), []
        for _ in range(count):
            out.append(version)
            major, minor, patch = version
            kind = draw.random()
            version = (major, minor, patch + 1) if kind < .5 else \
                (major, minor + 1, 0) if kind < .85 else (major + 1, 0, 0)
        self.versions.append(out)

    def contract(self, number):
        draw = self.draw
        services = [f"svc{k}" for k in range(draw.choice((0, 0, 1, 2, 3, 6)))]
        majors = draw.choice((1, 1, 2, 3))
        return {"name": f"Contract{number:04d}", "services": services, "majors": [i / majors for i in range(majors)],
                "exclusive": draw.random() < self.family.exclusive, "providers": []}

    def popular(self, count, bias=2.2):
        """A number below `count`; small ones are the popular ones."""
        return int(count * self.draw.random() ** bias)

    def popular_contract(self):
        return self.contracts[self.popular(len(self.contracts), 1.6)]

    def service_of(self, contract):
        return self.draw.choice(contract["services"]) if contract["services"] else None

    def contract_version(self, contract, time):
        return bisect.bisect_right(contract["majors"], time), int(time * 10 % 7), 0

    def offers(self):
        """By plugin: what it provides, as (contract, service). No contract has less than two providers."""
        out = []
        for plugin in range(len(self.names)):
            mine = []
            if self.draw.random() < .3:
                for _ in range(self.draw.choice((1, 1, 2))):
                    contract = self.popular_contract()
                    mine.append((contract, self.service_of(contract)))
                    contract["providers"].append(plugin)
            out.append(mine)
        for contract in self.contracts:
            while len(contract["providers"]) < 2:
                plugin = self.draw.randrange(len(self.names))
                contract["providers"].append(plugin)
                out[plugin].append((contract, self.service_of(contract)))
        return out

    def consumed(self, offers):
        out = []
        for _ in range(self.draw.choice((1, 1, 2))):
            contract, service = self.popular_contract(), None
            if contract["services"] and self.draw.random() < .5:
                known = [s for plugin in contract["providers"] for c, s in offers[plugin] if c is contract and s]
                service = self.draw.choice(known) if known else None
            out.append((contract, service, self.draw.random() < .5))
        return out

    def range_of(self, plugin, time):
        """What was current at that time, and what is said to be compatible with it."""
        known = bisect.bisect_right(self.times[plugin], time) - 1
        version = self.versions[plugin][max(known, 0)]
        kind = self.draw.random()
        return f"={text(version)}" if kind < self.family.exact else tilde(version) if kind < self.family.tilde else \
            caret(version) if kind < self.family.caret else f">={text(version)}"

    def rows(self):
        offers = self.offers()
        return [row for plugin in range(len(self.names)) for row in self.rows_of(plugin, offers)]

    def rows_of(self, plugin, offers):
        draw, family = self.draw, self.family
        count = min(8, int(draw.expovariate(1 / family.dependencies))) if plugin > 3 else 0
        needed = sorted({self.popular(plugin) for _ in range(count)})
        consumed = self.consumed(offers) if draw.random() < .4 and plugin > 3 else []
        stale = draw.choice(family.stale)
        avoided = []
        if draw.random() < family.conflicts and plugin > 10:
            avoided = [self.popular(plugin, 1.2) for _ in range(draw.choice((1, 2)))]
        for number, time in enumerate(self.times[plugin]):
            if number and draw.random() < .12 and plugin > 3:
                needed = self.changed(needed, plugin)
            row = {"name": self.names[plugin], "version": text(self.versions[plugin][number])}
            row["provides"] = self.provides(offers[plugin], time)
            row["consumes"] = [self.consumes(*one, time - stale) for one in consumed]
            row["depends"] = [{"name": self.names[n], "range": self.range_of(n, time - stale)} for n in needed]
            row["conflicts"] = [self.conflict(n) for n in avoided] + [
                {"contract": c["name"], "range": "*"} for c, _ in offers[plugin] if c["exclusive"]]
            yield {key: value for key, value in row.items() if value}

    def changed(self, needed, plugin):
        """One dependency less, or another one."""
        if needed and self.draw.random() < .5:
            gone = self.draw.choice(needed)
            return [n for n in needed if n != gone]
        return sorted({*needed, self.popular(plugin)})

    def provides(self, offers, time):
        out = []
        for contract, service in offers:
            offer = {"contract": contract["name"], "version": text(self.contract_version(contract, time))}
            if service:
                offer["service"] = service
            if offer not in out:
                out.append(offer)
        return out

    def consumes(self, contract, service, optional, time):
        version = self.contract_version(contract, max(0, time))
        need = {"contract": contract["name"],
                "range": caret(version) if self.draw.random() < .6 else f">={version[0]}.0.0"}
        return need | ({"service": service} if service else {}) | ({"optional": True} if optional else {})

    def conflict(self, plugin):
        known = self.versions[plugin]
        version = known[self.draw.randrange(len(known))]
        return {"name": self.names[plugin], "range": f"<{text(version)}" if self.draw.random() < .7 else "*"}

    def chains(self, count=4, length=8):
        """Chains of new plugins: rows, and a request for the two heads of each pair."""
        rows, requests = [], []
        for pair in range(count):
            possible = pair % 2 == 1
            tag = f"deep-{'sat' if possible else 'unsat'}-{pair}"
            base, minors = f"{tag}-base", range(self.chain_versions)
            rows += [{"name": base, "version": f"{major}.{minor}.0"} for major in (1, 2, 3) for minor in minors]
            for side, major in (("a", 1), ("b", 2)):
                for link in range(length):
                    for minor in minors:
                        need = {"name": f"{tag}-{side}{link + 1}", "range": f">=1.{max(0, minor - 1)}.0 <2.0.0"}
                        if link == length - 1:
                            least = 1 if possible and side == "b" and minor == 0 else major
                            need = {"name": base, "range": f">={least}.0.0 <{least + 1}.0.0"}
                        rows.append({"name": f"{tag}-{side}{link}", "version": f"1.{minor}.0", "depends": [need]})
            requests.append({"id": tag, "install": [{"name": f"{tag}-{side}0", "range": "*"} for side in "ab"]})
        return rows, requests


def market(kind, plugins, asked=21, versions=6, seed=1):
    """Rows and requests: 1, 3, 10 and 30 plugins in turn, and the chains."""
    world = Market(kind, plugins, versions, seed)
    rows, draw, requests = world.rows(), random.Random(f"req/{seed}"), []
    for number in range(asked):
        count = min((1, 3, 10, 30)[number % 4], plugins // 2)
        chosen = draw.sample(range(plugins // 2, plugins), count)
        requests.append({"id": f"install-{number}",
                         "install": [{"name": world.names[i], "range": "*"} for i in chosen]})
    more, chains = world.chains()
    return rows + more, requests + chains


def alternatives(contracts, versions=5, seed=1):
    """Each contract has some providers; the k-th cannot stand beside the k-th of two contracts before."""
    draw = random.Random(f"alt/{contracts}/{versions}/{seed}")
    rows = []
    for c in range(contracts):
        for k in range(max(3, versions)):
            avoided = [draw.randrange(c) for _ in range(2)] if c else []
            rows.append({"name": f"prov-{c:05d}-{k}", "version": "1.0.0",
                         "provides": [{"contract": f"C{c:05d}", "version": "1.0.0"},
                                      {"contract": f"colour{k}-of-{c:05d}", "version": "1.0.0"}],
                         "conflicts": [{"contract": f"colour{k}-of-{b:05d}", "range": "*"} for b in avoided]})
    rows += [{"name": f"app-{c:05d}", "version": "1.0.0",
              "consumes": [{"contract": f"C{c:05d}", "range": ">=1.0.0 <2.0.0"}]} for c in range(contracts)]
    requests = [{"id": f"alt-{count}", "install": [{"name": f"app-{c:05d}", "range": "*"} for c in range(count)]}
                for count in (1, 10, contracts // 4, contracts)]
    return rows, requests
