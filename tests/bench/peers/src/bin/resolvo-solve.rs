//! resolvo-solve [--lazy] [-r REPEATS] UNIVERSE REQUESTS: the problems for the crate `resolvo`.
//!
//! It knows all that is asked for: a contract is a union of its providers, whoever cannot stand
//! beside others constrains their versions. With --lazy it is not told that dependencies are at
//! hand, and asks for them when it needs them.

use peers::{answer_all, options, Request, Universe};
use resolvo::{
    Candidates, Condition, ConditionId, ConditionalRequirement, DenseIndex, Dependencies,
    DependencyProvider, HintDependenciesAvailable, Interner, KnownDependencies, NameId, Problem,
    Requirement, SolvableId, Solver, SolverCache, StringId, VersionSetId, VersionSetUnionId,
};
use std::collections::HashMap;
use std::fmt::Display;

/// What the solver is told about, prepared once.
struct Tables<'a> {
    universe: &'a Universe,
    lazy: bool,
    /// Of a name, ascending candidates.
    sets: Vec<(u32, Vec<u32>)>,
    known_sets: HashMap<(u32, Vec<u32>), VersionSetId>,
    unions: Vec<Vec<VersionSetId>>,
    requirements: Vec<Requirement>,
    dependencies: Vec<KnownDependencies>,
}

impl<'a> Tables<'a> {
    fn new(universe: &'a Universe, lazy: bool) -> Self {
        let mut tables = Tables {
            universe,
            lazy,
            sets: Vec::new(),
            known_sets: HashMap::new(),
            unions: Vec::new(),
            requirements: Vec::new(),
            dependencies: Vec::new(),
        };
        for gate in 0..universe.gates.len() {
            let requirement = tables.requirement(gate);
            tables.requirements.push(requirement);
        }
        for candidate in 0..universe.versions.len() {
            let known = KnownDependencies {
                requirements: tables.all(&universe.needs[candidate]),
                constrains: tables.constrains(candidate),
            };
            tables.dependencies.push(known);
        }
        tables
    }

    fn set(&mut self, name: u32, candidates: Vec<u32>) -> VersionSetId {
        let sets = &mut self.sets;
        *self
            .known_sets
            .entry((name, candidates))
            .or_insert_with_key(|set| {
                sets.push(set.clone());
                VersionSetId::from_index(sets.len() - 1)
            })
    }

    fn requirement(&mut self, gate: usize) -> Requirement {
        let parts = &self.universe.gates[gate];
        let sets: Vec<_> = parts
            .iter()
            .map(|(name, members)| self.set(*name, members.clone()))
            .collect();
        match sets[..] {
            // A name that has no candidates.
            [] => Requirement::Single(self.set(self.universe.names.len() as u32, Vec::new())),
            [set] => Requirement::Single(set),
            _ => {
                self.unions.push(sets);
                Requirement::Union(VersionSetUnionId::from_index(self.unions.len() - 1))
            }
        }
    }

    fn all(&self, gates: &[u32]) -> Vec<ConditionalRequirement> {
        gates
            .iter()
            .map(|&gate| self.requirements[gate as usize].into())
            .collect()
    }

    fn constrains(&mut self, candidate: usize) -> Vec<VersionSetId> {
        let universe = self.universe;
        let avoided = universe.avoids[candidate]
            .iter()
            .flat_map(|&gate| &universe.gates[gate as usize]);
        let others = avoided.filter(|(name, _)| *name != universe.name_of[candidate]);
        others
            .map(|(name, members)| {
                let allowed = universe
                    .candidates(*name)
                    .filter(|c| members.binary_search(c).is_err());
                self.set(*name, allowed.collect())
            })
            .collect()
    }
}

struct Provider<'a> {
    tables: &'a Tables<'a>,
    request: &'a Request,
}

impl Interner for Provider<'_> {
    type NameId = NameId;
    type SolvableId = SolvableId;

    fn display_solvable(&self, solvable: SolvableId) -> impl Display + '_ {
        &self.tables.universe.versions[solvable.to_index()]
    }
    fn display_name(&self, name: NameId) -> impl Display + '_ {
        &self.tables.universe.names[name.to_index()]
    }
    fn display_version_set(&self, set: VersionSetId) -> impl Display + '_ {
        set.to_index()
    }
    fn display_string(&self, string: StringId) -> impl Display + '_ {
        string.to_index()
    }
    fn version_set_name(&self, set: VersionSetId) -> NameId {
        NameId::from_index(self.tables.sets[set.to_index()].0 as usize)
    }
    fn solvable_name(&self, solvable: SolvableId) -> NameId {
        NameId::from_index(self.tables.universe.name_of[solvable.to_index()] as usize)
    }
    fn version_sets_in_union(
        &self,
        union: VersionSetUnionId,
    ) -> impl Iterator<Item = VersionSetId> {
        self.tables.unions[union.to_index()].iter().copied()
    }
    fn resolve_condition(&self, _: ConditionId) -> Condition {
        unreachable!("no requirement has a condition")
    }
}

impl DependencyProvider for Provider<'_> {
    async fn filter_candidates(
        &self,
        candidates: &[SolvableId],
        set: VersionSetId,
        inverse: bool,
    ) -> Vec<SolvableId> {
        let members = &self.tables.sets[set.to_index()].1;
        let holds = |c: &SolvableId| members.binary_search(&(c.to_index() as u32)).is_ok();
        candidates
            .iter()
            .copied()
            .filter(|c| holds(c) != inverse)
            .collect()
    }

    async fn get_candidates(&self, name: NameId) -> Option<Candidates> {
        let number = name.to_index() as u32;
        if number as usize == self.tables.universe.names.len()
            || self.request.removed.contains(&number)
        {
            return None;
        }
        let candidates = self.tables.universe.candidates(number);
        Some(Candidates {
            candidates: candidates
                .map(|c| SolvableId::from_index(c as usize))
                .collect(),
            hint_dependencies_available: match self.tables.lazy {
                true => HintDependenciesAvailable::None,
                false => HintDependenciesAvailable::All,
            },
            ..Candidates::default()
        })
    }

    async fn sort_candidates(&self, _: &SolverCache<Self>, solvables: &mut [SolvableId]) {
        solvables.sort_unstable_by_key(|solvable| std::cmp::Reverse(solvable.to_index()));
    }

    async fn get_dependencies(&self, solvable: SolvableId) -> Dependencies {
        Dependencies::Known(self.tables.dependencies[solvable.to_index()].clone())
    }
}

fn solve(tables: &Tables, request: &Request) -> Option<Vec<u32>> {
    let mut solver = Solver::new(Provider { tables, request });
    let problem = Problem::new().requirements(tables.all(&request.gates));
    let solution = solver.solve(problem).ok()?;
    Some(
        solution
            .iter()
            .map(|solvable| solvable.to_index() as u32)
            .collect(),
    )
}

fn main() {
    let options = options();
    let (universe, requests) = Universe::read(&options.universe, &options.requests);
    let tables = Tables::new(&universe, options.lazy);
    answer_all(&universe, &requests, options.repeats, |request| {
        solve(&tables, request)
    });
}
