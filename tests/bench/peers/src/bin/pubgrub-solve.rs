//! pubgrub-solve [-r REPEATS] UNIVERSE REQUESTS: the problems for the crate `pubgrub`.
//!
//! It knows packages with ranges and nothing else, so there are packages beside the names:
//!   - a contract that several names provide has a version for each of them, which depends on it;
//!   - who cannot stand beside others depends on version 0 of a package, they on its version 1.

use peers::{answer_all, options, Request, Universe};
use pubgrub::{
    resolve, Dependencies, DependencyConstraints, DependencyProvider, PackageResolutionStatistics,
    Ranges,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt;

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Package {
    Root,
    /// Its versions are candidates.
    Name(u32),
    /// A gate; its versions are the names of its members, the highest the first.
    Choice(u32),
    /// A gate whose members cannot stand beside a name's candidates.
    Avoided(u32, u32),
}

impl fmt::Display for Package {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

type Constraints = DependencyConstraints<Package, Ranges<u32>>;

struct Tables<'a> {
    universe: &'a Universe,
    /// By candidate.
    dependencies: Vec<Constraints>,
}

/// Each package once, with the ranges that hold all at once.
#[derive(Default)]
struct Depends(BTreeMap<Package, Ranges<u32>>);

impl Depends {
    fn add(&mut self, package: Package, range: Ranges<u32>) {
        let known = self.0.entry(package).or_insert_with(Ranges::full);
        *known = known.intersection(&range);
    }

    fn add_gate(&mut self, universe: &Universe, gate: u32) {
        match &universe.gates[gate as usize][..] {
            [(name, members)] => self.add(Package::Name(*name), range_of(members)),
            _ => self.add(Package::Choice(gate), Ranges::full()),
        }
    }

    fn constraints(self) -> Constraints {
        self.0.into_iter().collect()
    }
}

/// Ascending numbers.
fn range_of(members: &[u32]) -> Ranges<u32> {
    let runs = members.chunk_by(|a, b| a + 1 == *b);
    runs.map(|run| Ranges::from_range_bounds(run[0]..=run[run.len() - 1]))
        .collect::<Vec<_>>()
        .iter()
        .fold(Ranges::empty(), |all, run| all.union(run))
}

fn holds(gate: &[(u32, Vec<u32>)], candidate: u32) -> bool {
    gate.iter()
        .any(|(_, members)| members.binary_search(&candidate).is_ok())
}

impl<'a> Tables<'a> {
    fn new(universe: &'a Universe) -> Self {
        let count = universe.versions.len();
        // By gate: the names that avoid it; by candidate: the avoided gates that it is in.
        let mut avoiders = BTreeMap::<u32, BTreeSet<u32>>::new();
        for candidate in 0..count {
            for &gate in &universe.avoids[candidate] {
                avoiders
                    .entry(gate)
                    .or_default()
                    .insert(universe.name_of[candidate]);
            }
        }
        let mut avoided = vec![Vec::new(); count];
        for &gate in avoiders.keys() {
            for &member in universe.gates[gate as usize]
                .iter()
                .flat_map(|(_, members)| members)
            {
                avoided[member as usize].push(gate);
            }
        }
        let depends_of = |candidate: usize| {
            let mut depends = Depends::default();
            let own = universe.name_of[candidate];
            for &gate in &universe.needs[candidate] {
                if !holds(&universe.gates[gate as usize], candidate as u32) {
                    depends.add_gate(universe, gate);
                }
            }
            for &gate in &universe.avoids[candidate] {
                depends.add(Package::Avoided(gate, own), Ranges::singleton(0u32));
            }
            for &gate in &avoided[candidate] {
                for &name in avoiders[&gate].iter().filter(|&&name| name != own) {
                    depends.add(Package::Avoided(gate, name), Ranges::singleton(1u32));
                }
            }
            depends.constraints()
        };
        Tables {
            universe,
            dependencies: (0..count).map(depends_of).collect(),
        }
    }
}

struct Provider<'a> {
    tables: &'a Tables<'a>,
    request: &'a Request,
    root: Constraints,
}

impl Provider<'_> {
    fn versions(&self, package: &Package) -> std::ops::Range<u32> {
        match *package {
            Package::Root => 0..1,
            Package::Name(name) if self.request.removed.contains(&name) => 0..0,
            Package::Name(name) => self.tables.universe.candidates(name),
            Package::Choice(gate) => 0..self.tables.universe.gates[gate as usize].len() as u32,
            Package::Avoided(..) => 0..2,
        }
    }

    fn choice(&self, gate: u32, version: u32) -> Constraints {
        let names = &self.tables.universe.gates[gate as usize];
        let (name, members) = &names[names.len() - 1 - version as usize];
        [(Package::Name(*name), range_of(members))]
            .into_iter()
            .collect()
    }
}

impl DependencyProvider for Provider<'_> {
    type P = Package;
    type V = u32;
    type VS = Ranges<u32>;
    type Priority = (u32, Reverse<usize>);
    type M = String;
    type Err = Infallible;

    /// As the crate's own provider does it: what was in conflicts, then what has the fewest versions.
    fn prioritize(
        &self,
        package: &Package,
        range: &Ranges<u32>,
        statistics: &PackageResolutionStatistics,
    ) -> Self::Priority {
        match self
            .versions(package)
            .filter(|version| range.contains(version))
            .count()
        {
            0 => (u32::MAX, Reverse(0)),
            count => (statistics.conflict_count(), Reverse(count)),
        }
    }

    fn choose_version(
        &self,
        package: &Package,
        range: &Ranges<u32>,
    ) -> Result<Option<u32>, Infallible> {
        Ok(self
            .versions(package)
            .rev()
            .find(|version| range.contains(version)))
    }

    fn get_dependencies(
        &self,
        package: &Package,
        version: &u32,
    ) -> Result<Dependencies<Package, Ranges<u32>, String>, Infallible> {
        Ok(Dependencies::Available(match *package {
            Package::Root => self.root.clone(),
            Package::Name(_) => self.tables.dependencies[*version as usize].clone(),
            Package::Choice(gate) => self.choice(gate, *version),
            Package::Avoided(..) => Constraints::default(),
        }))
    }
}

fn solve(tables: &Tables, request: &Request) -> Option<Vec<u32>> {
    let mut root = Depends::default();
    for &gate in &request.gates {
        root.add_gate(tables.universe, gate);
    }
    let provider = Provider {
        tables,
        request,
        root: root.constraints(),
    };
    let solution = resolve(&provider, Package::Root, 0u32).ok()?;
    let candidates = solution
        .iter()
        .filter(|(package, _)| matches!(package, Package::Name(_)));
    Some(candidates.map(|(_, &version)| version).collect())
}

fn main() {
    let options = options();
    let (universe, requests) = Universe::read(&options.universe, &options.requests);
    let tables = Tables::new(&universe);
    answer_all(&universe, &requests, options.repeats, |request| {
        solve(&tables, request)
    });
}
