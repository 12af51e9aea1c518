//! What credentials look like. One table of tokens with a prefix, and five shapes that need more than that.

/// Where in a line something was found, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub rule: &'static str,
    pub start: usize,
    pub end: usize,
}

/// A token that begins with `prefix`, and goes on with `min` to `max` bytes of `set`.
struct Token {
    rule: &'static str,
    prefix: &'static str,
    set: fn(u8) -> bool,
    min: usize,
    max: usize,
}

fn upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn word(byte: u8) -> bool {
    alnum(byte) || byte == b'_'
}

fn dashed(byte: u8) -> bool {
    word(byte) || byte == b'-'
}

fn dotted(byte: u8) -> bool {
    dashed(byte) || byte == b'.'
}

fn hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn base64(byte: u8) -> bool {
    alnum(byte) || matches!(byte, b'/' | b'+' | b'=')
}

fn path(byte: u8) -> bool {
    alnum(byte) || byte == b'/'
}

const fn token(
    rule: &'static str,
    prefix: &'static str,
    set: fn(u8) -> bool,
    min: usize,
    max: usize,
) -> Token {
    Token { rule, prefix, set, min, max }
}

static TOKENS: &[Token] = &[
    token("aws-access-key-id", "AKIA", upper, 16, 16),
    token("aws-access-key-id", "ASIA", upper, 16, 16),
    token("github-token", "ghp_", alnum, 36, 255),
    token("github-token", "gho_", alnum, 36, 255),
    token("github-token", "ghu_", alnum, 36, 255),
    token("github-token", "ghs_", alnum, 36, 255),
    token("github-token", "ghr_", alnum, 36, 255),
    token("github-token", "github_pat_", word, 50, 255),
    token("gitlab-token", "glpat-", dashed, 20, 64),
    token("gitlab-token", "gldt-", dashed, 20, 64),
    token("slack-token", "xoxb-", dashed, 20, 255),
    token("slack-token", "xoxp-", dashed, 20, 255),
    token("slack-token", "xoxa-", dashed, 20, 255),
    token("slack-token", "xoxr-", dashed, 20, 255),
    token("slack-token", "xoxs-", dashed, 20, 255),
    token("slack-token", "xapp-", dashed, 20, 255),
    token("slack-webhook", "https://hooks.slack.com/services/T", path, 30, 100),
    token("stripe-key", "sk_live_", alnum, 16, 255),
    token("stripe-key", "rk_live_", alnum, 16, 255),
    token("stripe-key", "sk_test_", alnum, 16, 255),
    token("stripe-key", "whsec_", base64, 24, 255),
    token("google-api-key", "AIza", dashed, 35, 35),
    token("anthropic-key", "sk-ant-", dashed, 24, 255),
    token("openai-key", "sk-proj-", dashed, 24, 255),
    token("openai-key", "sk-svcacct-", dashed, 24, 255),
    token("openai-key", "sk-", alnum, 48, 48),
    token("npm-token", "npm_", alnum, 36, 36),
    token("pypi-token", "pypi-AgEIcHlwaS5vcmc", dashed, 50, 255),
    token("huggingface-token", "hf_", alnum, 34, 40),
    token("sendgrid-key", "SG.", dotted, 60, 80),
    token("digitalocean-token", "dop_v1_", hex, 64, 64),
    token("shopify-token", "shpat_", hex, 32, 32),
    token("twilio-key", "SK", hex, 32, 32),
];

/// Everything that one line holds, from left to right, without overlaps.
pub fn find(line: &[u8]) -> Vec<Match> {
    let mut found = Vec::new();
    if contains(line, b"secretscan:allow") {
        return found;
    }
    for finder in [tokens, private_key, jwt, url_password, assignment] {
        for one in finder(line) {
            let free = found.iter().all(|other: &Match| one.end <= other.start || one.start >= other.end);
            if free {
                found.push(one);
            }
        }
    }
    found.sort_by_key(|one| one.start);
    found
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

fn run(line: &[u8], from: usize, set: fn(u8) -> bool) -> usize {
    line[from..].iter().take_while(|&&byte| set(byte)).count()
}

fn begins_word(line: &[u8], at: usize) -> bool {
    at == 0 || !word(line[at - 1])
}

fn tokens(line: &[u8]) -> Vec<Match> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len() {
        match token_at(line, at) {
            Some(one) => {
                at = one.end;
                found.push(one);
            }
            None => at += 1,
        }
    }
    found
}

fn token_at(line: &[u8], at: usize) -> Option<Match> {
    TOKENS.iter().find_map(|token| {
        let prefix = token.prefix.as_bytes();
        if line[at] != prefix[0] || !line[at..].starts_with(prefix) || !begins_word(line, at) {
            return None;
        }
        let start = at + prefix.len();
        let length = run(line, start, token.set);
        let fits = (token.min..=token.max).contains(&length) && !is_placeholder(&line[start..start + length]);
        fits.then(|| Match { rule: token.rule, start: at, end: start + length })
    })
}

/// "-----BEGIN … PRIVATE KEY-----"
fn private_key(line: &[u8]) -> Vec<Match> {
    let text = String::from_utf8_lossy(line);
    let (begin, end) = ("-----BEGIN ", "PRIVATE KEY-----");
    if text.len() != line.len() {
        return Vec::new();
    }
    let found = text.find(begin).and_then(|start| {
        let rest = &text[start + begin.len()..];
        let length = rest.find(end)?;
        let kind = &rest[..length];
        let plain = kind.len() < 30 && kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ');
        plain.then(|| Match { rule: "private-key", start, end: start + begin.len() + length + end.len() })
    });
    found.into_iter().collect()
}

/// Three base64url parts of which the first two are JSON objects: both begin with `{"`, encoded `eyJ`.
fn jwt(line: &[u8]) -> Vec<Match> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 3 < line.len() {
        if !line[at..].starts_with(b"eyJ") || !begins_word(line, at) {
            at += 1;
            continue;
        }
        let length = run(line, at, dotted);
        let parts: Vec<&[u8]> = line[at..at + length].split(|&byte| byte == b'.').collect();
        if parts.len() == 3 && parts[1].starts_with(b"eyJ") && parts.iter().all(|part| part.len() >= 10) {
            found.push(Match { rule: "jwt", start: at, end: at + length });
        }
        at += length;
    }
    found
}

/// scheme://user:password@host
fn url_password(line: &[u8]) -> Vec<Match> {
    let mut found = Vec::new();
    for at in 0..line.len() {
        if !line[at..].starts_with(b"://") {
            continue;
        }
        let start = at + 3;
        let rest = &line[start..];
        let end =
            rest.iter().position(|&byte| byte <= b' ' || b"/\"'`<>()".contains(&byte)).unwrap_or(rest.len());
        let authority = &rest[..end];
        let at_sign = authority.iter().rposition(|&byte| byte == b'@');
        let colon = authority.iter().position(|&byte| byte == b':');
        if let (Some(at_sign), Some(colon)) = (at_sign, colon) {
            let password = authority.get(colon + 1..at_sign).unwrap_or(b"");
            if colon > 0 && password.len() >= 6 && !is_placeholder(password) && !is_weak_word(password) {
                found.push(Match { rule: "url-password", start: start + colon + 1, end: start + at_sign });
            }
        }
    }
    found
}

const SECRET_NAMES: &[&str] = &[
    "secret",
    "token",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "accesskey",
    "access-key",
    "private_key",
    "privatekey",
    "credential",
    "client_secret",
    "auth_key",
];

/// Names that speak of a secret without holding one.
const ABOUT_SECRETS: &[&str] =
    &["name", "url", "uri", "path", "file", "id", "type", "header", "field", "endpoint", "version"];

fn names_secret(name: &str) -> bool {
    let about = ABOUT_SECRETS
        .iter()
        .any(|end| name.strip_suffix(end).map_or(false, |rest| rest.ends_with('_') || rest.ends_with('-')));
    !about && SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// NAME = "value", NAME: value, "NAME": "value", where NAME says that it is secret and the value looks random.
fn assignment(line: &[u8]) -> Vec<Match> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len() {
        if !word(line[at]) {
            at += 1;
            continue;
        }
        let length = run(line, at, dashed);
        let name = String::from_utf8_lossy(&line[at..at + length]).to_lowercase();
        let after = at + length;
        if names_secret(&name) {
            if let Some((start, end)) = assigned_value(line, after) {
                let rule = judge_value(&name, &line[start..end]);
                found.extend(rule.map(|rule| Match { rule, start, end }));
            }
        }
        at = after;
    }
    found
}

/// The value after a name: past an optional quote, `:`, `=`, `:=` or `=>`, and an opening quote.
fn assigned_value(line: &[u8], mut at: usize) -> Option<(usize, usize)> {
    at += usize::from(matches!(line.get(at), Some(b'"' | b'\'')));
    at += run(line, at, |byte| byte == b' ' || byte == b'\t');
    let operator = run(line, at, |byte| matches!(byte, b':' | b'=' | b'>'));
    if operator == 0 || operator > 2 {
        return None;
    }
    at += operator;
    at += run(line, at, |byte| byte == b' ' || byte == b'\t');
    let quote = line.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    at += usize::from(quote.is_some());
    let rest = line.get(at..)?;
    let length = match quote {
        Some(quote) => rest.iter().position(|&byte| byte == quote)?,
        None => {
            rest.iter().position(|&byte| byte <= b' ' || b",;)]}\"'".contains(&byte)).unwrap_or(rest.len())
        }
    };
    Some((at, at + length))
}

fn judge_value(name: &str, value: &[u8]) -> Option<&'static str> {
    let aws = name.contains("aws") || name.contains("secret_access_key");
    if aws
        && name.contains("secret")
        && value.len() == 40
        && value.iter().all(|&byte| base64(byte))
        && !is_placeholder(value)
    {
        return Some("aws-secret-key");
    }
    let plain = value.iter().all(|&byte| byte > b' ' && byte < 0x7f);
    let random = value.len() >= 16 && value.len() <= 512 && plain && entropy(value) >= 3.5 && mixes(value);
    (random && !is_placeholder(value) && !is_code(value)).then_some("generic-secret")
}

/// Bits a byte: 0 for one repeated character, 4 for random hexadecimal, 6 for random base64.
pub fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0usize; 256];
    value.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let total = value.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| count as f64 / total)
        .map(|share| -share * share.log2())
        .sum()
}

/// Digits and letters both: names and sentences seldom have both.
fn mixes(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// A call, a path, a look-up, a reference: the secret is elsewhere.
fn is_code(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    ["(", "[", "::", "->", "://", "env.", "process.", "os.", "config.", "settings.", "self.", "this."]
        .iter()
        .any(|part| text.contains(part))
        || text.starts_with('/')
        || text.starts_with("./")
        || text.starts_with('$')
        || text.starts_with("sha256-")
}

fn is_weak_word(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value).to_lowercase();
    ["password", "postgres", "secret", "user", "admin", "guest", "root"].contains(&text.as_str())
}

fn is_placeholder(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value).to_lowercase();
    let words = [
        "example",
        "changeme",
        "change_me",
        "placeholder",
        "dummy",
        "your_",
        "your-",
        "xxxx",
        "****",
        "....",
        "<",
        "{{",
        "${",
        "$(",
        "%(",
        "redacted",
        "0000000000",
        "1234567890abcdef",
    ];
    words.iter().any(|part| text.contains(part)) || entropy(value) < 1.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(line: &str) -> Vec<&'static str> {
        find(line.as_bytes()).into_iter().map(|one| one.rule).collect()
    }

    /// Put together here, so that this file holds nothing that looks like a credential.
    fn random(length: usize) -> String {
        let letters = b"aB3dE7fG1hJ9kL2mN5pQ8rS4tU6vW0xY";
        (0..length).map(|i| letters[(i * 7 + i / 32) % 32] as char).collect()
    }

    fn random_hex(length: usize) -> String {
        (0..length).map(|i| b"3fa91c07be5d2846"[(i * 5 + i / 16) % 16] as char).collect()
    }

    #[test]
    fn tokens_with_a_prefix() {
        let upper = random(16).to_uppercase();
        for (rule, text) in [
            ("aws-access-key-id", format!("{}{}", "AKIA", upper)),
            ("github-token", format!("{}{}", "ghp_", random(36))),
            ("github-token", format!("{}{}", "github_pat_", random(82))),
            ("gitlab-token", format!("{}{}", "glpat-", random(20))),
            ("slack-token", format!("{}{}", "xoxb-", random(40))),
            ("slack-webhook", format!("{}{}", "https://hooks.slack.com/services/T", random(40))),
            ("stripe-key", format!("{}{}", "sk_live_", random(24))),
            ("google-api-key", format!("{}{}", "AIza", random(35))),
            ("anthropic-key", format!("{}{}", "sk-ant-api03-", random(80))),
            ("openai-key", format!("{}{}", "sk-", random(48))),
            ("npm-token", format!("{}{}", "npm_", random(36))),
            ("digitalocean-token", format!("{}{}", "dop_v1_", random_hex(64))),
            ("twilio-key", format!("{}{}", "SK", random_hex(32))),
        ] {
            for line in [text.clone(), format!("key = \"{}\"", text), format!("Bearer {},", text)] {
                assert_eq!(rules(&line), [rule], "{}", line);
            }
            let cut = &text[..12];
            assert!(!rules(cut).contains(&rule), "{}", cut);
            assert!(rules(&format!("x{}", text)).is_empty(), "inside a word: {}", text);
        }
    }

    #[test]
    fn private_keys() {
        for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
            assert_eq!(rules(&format!("-----BEGIN {}PRIVATE {}-----", kind, "KEY")), ["private-key"]);
        }
        assert!(rules(&format!("-----BEGIN PUBLIC {}-----", "KEY")).is_empty());
    }

    #[test]
    fn web_tokens() {
        let token = format!("eyJ{}.eyJ{}.{}", random(20), random(40), random(43));
        assert_eq!(rules(&format!("Authorization: Bearer {}", token)), ["jwt"]);
        assert!(rules("eyJub3QuYS50b2tlbg").is_empty());
        assert!(rules(&format!("eyJ{}.{}.x", random(20), random(40))).is_empty());
    }

    #[test]
    fn passwords_in_urls() {
        assert_eq!(rules(&format!("postgres://app:{}@db.local/x", random(12))), ["url-password"]);
        for line in [
            "https://example.com/a:b@c",
            "postgres://app:password@localhost/x",
            "ssh://git@host/x",
            "http://user:${PASSWORD}@host/",
            "http://[::1]:8080/",
        ] {
            assert!(rules(line).is_empty(), "{}", line);
        }
    }

    #[test]
    fn assignments() {
        for line in [
            format!("API_KEY={}", random(32)),
            format!("  \"clientSecret\": \"{}\",", random(24)),
            format!("db_password := '{}'", random(20)),
            format!("auth-token: {}", random(40)),
        ] {
            assert_eq!(rules(&line), ["generic-secret"], "{}", line);
        }
        assert_eq!(rules(&format!("aws_secret_access_key = {}", random(40))), ["aws-secret-key"]);
    }

    #[test]
    fn what_is_no_secret() {
        for line in [
            "password = \"changeme\"",
            "token = os.environ[\"TOKEN_1234567\"]",
            "api_key: ${API_KEY_12345678}",
            "secret = get_secret(\"name-12345678\")",
            "TOKEN=<your token here 123>",
            "password_hash_rounds = 12",
            "tokens = tokenizer.encode(text_1234567890)",
            "// the secret of good code is 2 spaces and a tab",
            "secret_name = \"projects/a/secrets/b/versions/1\"x",
            "token_url = \"https://a.example.com/token1/v2abc\"",
        ] {
            assert!(rules(line).is_empty(), "{}", line);
        }
        let key = format!("API_KEY={} # secretscan:allow", random(32));
        assert!(rules(&key).is_empty());
    }

    #[test]
    fn bytes_that_are_no_text() {
        let mut line = vec![0xff, 0xfe, b' '];
        line.extend(format!("{}{}", "ghp_", random(36)).bytes());
        line.push(0xff);
        assert_eq!(find(&line).len(), 1);
    }

    #[test]
    fn several_in_a_line() {
        let line = format!("{}{} {}{}", "npm_", random(36), "ghp_", random(36));
        assert_eq!(rules(&line), ["npm-token", "github-token"]);
    }

    #[test]
    fn entropy_is_that_of_the_distribution() {
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b"abab"), 1.0);
        assert!(entropy(random(32).as_bytes()) > 4.5);
    }
}
