//! JSON as the protocol needs it: a strict reader and a writer of strings.

use std::fmt::Write;

#[derive(Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
}

impl Value {
    /// A member of an object; `None` if it is absent, null, or this is no object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Table(members) => members
                .iter()
                .find(|(name, value)| name == key && *value != Value::Null)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

const MAX_DEPTH: usize = 64;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

pub fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let value = reader.value()?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.wrong("something follows the document")),
    }
}

impl Reader<'_> {
    fn wrong(&self, what: &str) -> String {
        format!("{} at byte {}", what, self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        self.skip_space();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong("nested too deeply"));
        }
        let value = match self.peek() {
            Some(b'{') => self.table()?,
            Some(b'[') => self.list()?,
            Some(b'"') => Value::Text(self.string()?),
            _ => self.scalar()?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn table(&mut self) -> Result<Value, String> {
        let mut members: Vec<(String, Value)> = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.accept(b'}') {
            return Ok(Value::Table(members));
        }
        loop {
            self.skip_space();
            let key = self.string()?;
            if members.iter().any(|(name, _)| *name == key) {
                return Err(self.wrong("a key stands twice"));
            }
            self.skip_space();
            if !self.accept(b':') {
                return Err(self.wrong("':' is expected"));
            }
            let value = self.value()?;
            members.push((key, value));
            self.skip_space();
            if self.accept(b'}') {
                return Ok(Value::Table(members));
            }
            if !self.accept(b',') {
                return Err(self.wrong("',' or '}' is expected"));
            }
        }
    }

    fn list(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.accept(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            if self.accept(b']') {
                return Ok(Value::List(items));
            }
            if !self.accept(b',') {
                return Err(self.wrong("',' or ']' is expected"));
            }
        }
    }

    fn scalar(&mut self) -> Result<Value, String> {
        let rest = &self.text[self.at..];
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        self.number()
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at > start
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.accept(b'-');
        let mut good = self.accept(b'0') || self.digits();
        if good && self.accept(b'.') {
            good = self.digits();
        }
        if good && (self.accept(b'e') || self.accept(b'E')) {
            if !self.accept(b'+') {
                self.accept(b'-');
            }
            good = self.digits();
        }
        match self.text[start..self.at].parse() {
            Ok(number) if good => Ok(Value::Number(number)),
            _ => Err(self.wrong("a value is expected")),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.accept(b'"') {
            return Err(self.wrong("a string is expected"));
        }
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .ok_or_else(|| self.wrong("a string has no end"))?;
            out.push_str(&rest[..plain]);
            self.at += plain;
            if self.accept(b'"') {
                return Ok(out);
            }
            if !self.accept(b'\\') {
                return Err(self.wrong("a string has a control character"));
            }
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let byte = self.peek();
        self.at += usize::from(byte.map_or(false, |byte| byte.is_ascii()));
        Ok(match byte {
            Some(c @ (b'"' | b'\\' | b'/')) => c as char,
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("a string has a wrong escape")),
        })
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or("");
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.wrong("a string has a wrong escape"));
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|error| error.to_string())
    }

    /// A surrogate without its partner becomes U+FFFD.
    fn unicode(&mut self) -> Result<char, String> {
        let code = self.hex()?;
        let before = self.at;
        if (0xd800..0xdc00).contains(&code) && self.accept(b'\\') && self.accept(b'u') {
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let whole = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(whole).unwrap_or('\u{fffd}'));
            }
        }
        self.at = before;
        Ok(char::from_u32(code).unwrap_or('\u{fffd}'))
    }
}

/// The text as a JSON string, with its quotes.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let text = "a\"\\\n\t\u{7f}ä😀";
        assert_eq!(parse(&quote(text)), Ok(Value::Text(text.into())));
    }

    #[test]
    fn reads_documents() {
        let value = parse(r#" {"a": [1, -0.5e2, true, null], "b": {"c": "\ud83d\ude00\ud800"}} "#).unwrap();
        assert_eq!(value.get("b").unwrap().get("c").unwrap().text(), Some("😀\u{fffd}"));
        assert_eq!(value.get("absent"), None);
    }

    #[test]
    fn refuses_what_is_no_json() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,\"a\":2}",
            "\"\u{1}\"",
            "01",
            "1.",
            "tru",
            "{} {}",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\uzzzz\"",
            "{a:1}",
            "[1 2]",
            "\"a",
            "NaN",
            "\"\\ä\"",
            "\"\\u00ä\"",
            &deep,
        ] {
            assert!(parse(text).is_err(), "{:.20}", text);
        }
    }
}
