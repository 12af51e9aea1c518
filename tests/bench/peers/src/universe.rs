//! A universe as numbers: names and contracts are gone, each distinct requirement is a gate.

use crate::range::Range;
use semver::Version;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The candidates that satisfy a requirement, by their names; the first name is preferred.
pub type Gate = Vec<(u32, Vec<u32>)>;

/// Candidates are numbered by name, the oldest version first.
#[derive(Default)]
pub struct Universe {
    pub names: Vec<String>,
    /// By name: its first candidate; one more at the end.
    pub first: Vec<u32>,
    pub name_of: Vec<u32>,
    pub versions: Vec<String>,
    pub gates: Vec<Gate>,
    /// By candidate: gates that must hold.
    pub needs: Vec<Vec<u32>>,
    /// By candidate: gates none of whose members of another name may stand beside it.
    pub avoids: Vec<Vec<u32>>,
}

pub struct Request {
    pub id: String,
    pub gates: Vec<u32>,
    /// Names of which no version may be selected.
    pub removed: Vec<u32>,
}

struct Offer {
    candidate: u32,
    service: Option<String>,
    version: Option<Version>,
}

#[derive(Default)]
struct Reading {
    universe: Universe,
    parsed: Vec<Version>,
    numbers: HashMap<String, u32>,
    offers: HashMap<String, Vec<Offer>>,
    known: HashMap<String, u32>,
}

impl Universe {
    pub fn read(universe: &str, requests: &str) -> (Universe, Vec<Request>) {
        let mut reading = Reading::default();
        let mut rows = lines(universe);
        rows.retain(|row| row.get("name").is_some());
        rows.sort_by_cached_key(|row| (text(row, "name").to_owned(), version_of(row)));
        for row in &rows {
            reading.add_candidate(row);
        }
        reading.universe.first.push(rows.len() as u32);
        for row in &rows {
            reading.add_relations(row);
        }
        let requests = lines(requests)
            .iter()
            .map(|line| reading.request(line))
            .collect();
        (reading.universe, requests)
    }

    pub fn candidates(&self, name: u32) -> std::ops::Range<u32> {
        self.first[name as usize]..self.first[name as usize + 1]
    }
}

fn lines(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("a file that can be read");
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn version_of(value: &Value) -> Option<Version> {
    Version::parse(text(value, "version")).ok()
}

fn is_optional(value: &Value) -> bool {
    value
        .get("optional")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

impl Reading {
    fn add_candidate(&mut self, row: &Value) {
        let universe = &mut self.universe;
        let candidate = universe.versions.len() as u32;
        let name = text(row, "name");
        if universe.names.last().is_none_or(|last| last != name) {
            self.numbers
                .insert(name.to_owned(), universe.names.len() as u32);
            universe.names.push(name.to_owned());
            universe.first.push(candidate);
        }
        universe.name_of.push(universe.names.len() as u32 - 1);
        universe.versions.push(text(row, "version").to_owned());
        self.parsed.push(version_of(row).expect("a version"));
        for offer in list(row, "provides") {
            self.offers
                .entry(text(offer, "contract").to_owned())
                .or_default()
                .push(Offer {
                    candidate,
                    service: offer
                        .get("service")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                    version: version_of(offer),
                });
        }
    }

    fn add_relations(&mut self, row: &Value) {
        let needs = list(row, "depends").iter().chain(list(row, "consumes"));
        let needs = needs
            .filter(|need| !is_optional(need))
            .map(|need| self.gate(need))
            .collect();
        let avoids = list(row, "conflicts")
            .iter()
            .map(|avoided| self.gate(avoided))
            .collect();
        self.universe.needs.push(needs);
        self.universe.avoids.push(avoids);
    }

    fn request(&mut self, line: &Value) -> Request {
        let removed = list(line, "remove").iter().filter_map(Value::as_str);
        Request {
            id: text(line, "id").to_owned(),
            removed: removed
                .filter_map(|name| self.numbers.get(name).copied())
                .collect(),
            gates: list(line, "install")
                .iter()
                .map(|need| self.gate(need))
                .collect(),
        }
    }

    fn gate(&mut self, requirement: &Value) -> u32 {
        let text = requirement.to_string();
        if let Some(&gate) = self.known.get(&text) {
            return gate;
        }
        let mut by_name = BTreeMap::<u32, Vec<u32>>::new();
        for candidate in self.members(requirement) {
            by_name
                .entry(self.universe.name_of[candidate as usize])
                .or_default()
                .push(candidate);
        }
        for members in by_name.values_mut() {
            members.sort_unstable();
            members.dedup();
        }
        let gate = self.universe.gates.len() as u32;
        self.universe.gates.push(by_name.into_iter().collect());
        self.known.insert(text, gate);
        gate
    }

    fn members(&self, requirement: &Value) -> Vec<u32> {
        let any = list(requirement, "any");
        if !any.is_empty() {
            return any.iter().flat_map(|one| self.members(one)).collect();
        }
        let range = Range::parse(
            requirement
                .get("range")
                .and_then(Value::as_str)
                .unwrap_or("*"),
        );
        if requirement.get("name").is_some() {
            let known = self.numbers.get(text(requirement, "name"));
            let candidates = known.map_or(0..0, |&name| self.universe.candidates(name));
            return candidates
                .filter(|&c| range.admits(Some(&self.parsed[c as usize])))
                .collect();
        }
        let service = requirement.get("service").and_then(Value::as_str);
        let offers = self
            .offers
            .get(text(requirement, "contract"))
            .into_iter()
            .flatten();
        offers
            .filter(|offer| service.is_none() || offer.service.as_deref() == service)
            .filter(|offer| range.admits(offer.version.as_ref()))
            .map(|offer| offer.candidate)
            .collect()
    }
}
