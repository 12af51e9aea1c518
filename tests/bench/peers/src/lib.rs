//! Problems in the neutral format (docs/resolver.md) for solvers from published crates: reading
//! them, timing, answers. Only what must hold counts: no optional requirements, nothing installed,
//! nothing yanked.

mod range;
mod universe;

use std::io::Write;
use std::time::Duration;

pub use universe::{Gate, Request, Universe};

/// Answers every request, one line of JSON each, with the fastest time of `repeats`. `solve` gives the
/// selected candidates.
pub fn answer_all<F>(universe: &Universe, requests: &[Request], repeats: u32, solve: F)
where
    F: Fn(&Request) -> Option<Vec<u32>>,
{
    for request in requests {
        let mut best = Duration::MAX;
        let mut spent = Duration::ZERO;
        let mut selected = None;
        for _ in 0..repeats {
            let begin = cpu_time();
            selected = solve(request);
            let took = cpu_time() - begin;
            best = best.min(took);
            spent += took;
            if spent > Duration::from_secs(1) {
                break;
            }
        }
        print(universe, request, selected, best);
    }
}

/// What this thread has used: others on the machine do not count.
fn cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists, and `time` is there to be written.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn print(universe: &Universe, request: &Request, selected: Option<Vec<u32>>, took: Duration) {
    let mut answer = serde_json::Map::new();
    answer.insert("id".into(), request.id.clone().into());
    answer.insert(
        "result".into(),
        if selected.is_some() { "sat" } else { "unsat" }.into(),
    );
    answer.insert("us".into(), (took.as_nanos() as f64 / 1000.0).into());
    if let Some(selected) = selected {
        let versions = selected.iter().map(|&candidate| {
            let name = &universe.names[universe.name_of[candidate as usize] as usize];
            (
                name.clone(),
                universe.versions[candidate as usize].clone().into(),
            )
        });
        answer.insert(
            "solution".into(),
            serde_json::Value::Object(versions.collect()),
        );
    }
    println!("{}", serde_json::Value::Object(answer));
    std::io::stdout().flush().expect("standard output");
}

pub struct Options {
    pub lazy: bool,
    pub repeats: u32,
    pub universe: String,
    pub requests: String,
}

/// The options of the command line, or an end with what they are.
pub fn options() -> Options {
    let mut lazy = false;
    let mut repeats = Some(1);
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--lazy" => lazy = true,
            "-r" => repeats = arguments.next().and_then(|number| number.parse().ok()),
            _ => files.push(argument),
        }
    }
    match (<[String; 2]>::try_from(files), repeats) {
        (Ok([universe, requests]), Some(repeats)) => Options {
            lazy,
            repeats,
            universe,
            requests,
        },
        _ => {
            eprintln!("usage: [--lazy] [-r REPEATS] UNIVERSE.uni.jsonl REQUESTS.req.jsonl");
            std::process::exit(2);
        }
    }
}
