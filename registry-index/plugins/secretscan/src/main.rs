//! secretscan: finds credentials. The protocol's side: one request in, one response out.

mod json;
mod rules;
mod scan;

use json::{quote, Value};
use scan::Report;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::exit;

const DEFAULT_MAX_KIB: u64 = 2048;

/// A code of the protocol's closed set, and words for people.
struct Failure(&'static str, String);

fn invalid(message: impl Into<String>) -> Failure {
    Failure("invalid_params", message.into())
}

fn max_bytes() -> Result<u64, Failure> {
    let path = match std::env::var_os("PAII_CONFIG") {
        Some(path) => path,
        None => return Ok(DEFAULT_MAX_KIB * 1024),
    };
    let wrong = |why: String| Failure("not_configured", why);
    let text =
        std::fs::read_to_string(&path).map_err(|error| wrong(format!("the configuration: {}", error)))?;
    match json::parse(&text).map_err(wrong)?.get("max_file_kib") {
        None => Ok(DEFAULT_MAX_KIB * 1024),
        Some(Value::Number(kib)) if *kib >= 1.0 && *kib <= 1e9 => Ok(*kib as u64 * 1024),
        Some(_) => Err(wrong("'max_file_kib' must be 1 or more".into())),
    }
}

fn text_param<'a>(params: &'a Value, name: &str) -> Result<Option<&'a str>, Failure> {
    match params.get(name) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!("'{}' must be a string", name))),
    }
}

fn known_params(params: &Value, names: &[&str]) -> Result<(), Failure> {
    match params {
        Value::Table(members) => match members.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            Some((name, _)) => Err(invalid(format!("unknown parameter '{}'", name))),
            None => Ok(()),
        },
        _ => Err(invalid("params must be an object")),
    }
}

fn scan_action(params: &Value) -> Result<Report, Failure> {
    known_params(params, &["path"])?;
    let path = text_param(params, "path")?.unwrap_or(".");
    let mut report = Report::default();
    let result = report.scan_path(Path::new(path), max_bytes()?);
    result.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure("not_found", format!("'{}' does not exist", path)),
        _ => Failure("unavailable", format!("'{}' cannot be read: {}", path, error)),
    })?;
    Ok(report)
}

fn text_action(params: &Value) -> Result<Report, Failure> {
    known_params(params, &["text", "name"])?;
    let text = text_param(params, "text")?.ok_or_else(|| invalid("'text' is required"))?;
    let name = text_param(params, "name")?.unwrap_or("text");
    let mut report = Report::default();
    report.scan_text(name, text.as_bytes());
    Ok(report)
}

fn answer(request: &Value) -> Result<Report, Failure> {
    let none = Value::Table(Vec::new());
    let params = request.get("params").unwrap_or(&none);
    match request.get("action").and_then(Value::text) {
        Some("scan") => scan_action(params),
        Some("text") => text_action(params),
        _ => Err(Failure("unsupported", "the actions are scan and text".into())),
    }
}

fn counted(count: usize, word: &str) -> String {
    format!("{} {}{}", count, word, if count == 1 { "" } else { "s" })
}

fn report_text(report: &Report) -> String {
    let mut text = String::new();
    for one in &report.findings {
        text += &format!("{}:{}:{}: {}: {}\n", one.file, one.line, one.column, one.rule, one.shown);
    }
    text += &format!("{} in {}", counted(report.findings.len(), "finding"), counted(report.files, "file"));
    if report.truncated {
        text += ", and more that are not shown";
    }
    let skipped = report.binary + report.large + report.unreadable;
    if skipped > 0 {
        text += &format!(
            "; skipped {} binary, {} large, {} unreadable",
            report.binary, report.large, report.unreadable
        );
    }
    text
}

fn report_json(report: &Report) -> String {
    let findings: Vec<String> = report
        .findings
        .iter()
        .map(|one| {
            format!(
                "{{\"file\":{},\"line\":{},\"column\":{},\"rule\":{},\"match\":{}}}",
                quote(&one.file),
                one.line,
                one.column,
                quote(one.rule),
                quote(&one.shown)
            )
        })
        .collect();
    format!(
        "{{\"findings\":[{}],\"truncated\":{},\"files\":{},\"skipped\":{{\"binary\":{},\"large\":{},\"unreadable\":{}}}}}",
        findings.join(","), report.truncated, report.files, report.binary, report.large, report.unreadable
    )
}

fn read_request() -> Result<Value, Failure> {
    let mut text = String::new();
    let wrong = |why: String| invalid(format!("the request cannot be read: {}", why));
    io::stdin().read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    let request = json::parse(&text).map_err(wrong)?;
    match request {
        Value::Table(_) => Ok(request),
        _ => Err(wrong("it is not an object".into())),
    }
}

fn main() {
    if std::env::var_os("PAII_PROTOCOL").is_none() {
        eprintln!("run me with: paii run secretscan ACTION");
        exit(1);
    }
    let request = read_request();
    let id = request.as_ref().ok().and_then(|request| request.get("id")).and_then(Value::text);
    let head = match id {
        Some(id) => format!("{{\"paii\":1,\"id\":{}", quote(id)),
        None => "{\"paii\":1".to_string(),
    };
    let (body, status) = match request
        .as_ref()
        .map_err(|failure| Failure(failure.0, failure.1.clone()))
        .and_then(answer)
    {
        Ok(report) => (
            format!(
                "\"ok\":true,\"result\":{},\"text\":{}",
                report_json(&report),
                quote(&report_text(&report))
            ),
            0,
        ),
        Err(Failure(code, message)) => (
            format!("\"ok\":false,\"error\":{{\"code\":{},\"message\":{}}}", quote(code), quote(&message)),
            1,
        ),
    };
    let written = writeln!(io::stdout(), "{},{}}}", head, body);
    exit(if written.is_ok() { status } else { 2 });
}
