//! Ranges of the neutral format: alternatives of comparators, by the precedence of versions.

use semver::Version;
use std::cmp::Ordering;

struct Comparator {
    less: bool,
    equal: bool,
    greater: bool,
    version: Version,
}

/// No alternatives: anything, even what has no version.
pub struct Range(Vec<Vec<Comparator>>);

impl Range {
    pub fn parse(text: &str) -> Range {
        if text == "*" {
            return Range(Vec::new());
        }
        let alternative = |text: &str| text.split_whitespace().map(comparator).collect();
        Range(text.split("||").map(alternative).collect())
    }

    pub fn admits(&self, version: Option<&Version>) -> bool {
        self.0.is_empty()
            || version.is_some_and(|version| {
                self.0
                    .iter()
                    .any(|all| all.iter().all(|comparator| comparator.admits(version)))
            })
    }
}

fn comparator(text: &str) -> Comparator {
    let version = text.trim_start_matches(['<', '=', '>']);
    let operator = &text[..text.len() - version.len()];
    Comparator {
        less: operator.contains('<'),
        equal: operator.contains('='),
        greater: operator.contains('>'),
        version: Version::parse(version).expect("a version in a range"),
    }
}

impl Comparator {
    fn admits(&self, version: &Version) -> bool {
        match version.cmp_precedence(&self.version) {
            Ordering::Less => self.less,
            Ordering::Equal => self.equal,
            Ordering::Greater => self.greater,
        }
    }
}
