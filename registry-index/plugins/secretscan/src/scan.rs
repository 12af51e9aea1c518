//! Files, lines and what was found in them.

use crate::rules;
use std::fs;
use std::io;
use std::path::Path;

pub const MAX_FINDINGS: usize = 1000;
const BINARY_PROBE: usize = 8000;
const SKIPPED_FOLDERS: &[&str] =
    &[".git", ".hg", ".svn", "node_modules", "target", ".venv", "venv", "__pycache__"];

#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub rule: &'static str,
    pub shown: String,
}

#[derive(Default, Debug)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub files: usize,
    pub binary: usize,
    pub large: usize,
    pub unreadable: usize,
    pub truncated: bool,
}

/// Enough to recognise the credential, too little to use it.
fn redact(secret: &[u8]) -> String {
    let text = String::from_utf8_lossy(secret);
    if text.starts_with("-----BEGIN") {
        return text.into_owned();
    }
    let length = text.chars().count();
    let shown: String = text.chars().take(if length >= 12 { 4 } else { 0 }).collect();
    format!("{}… ({} characters)", shown, length)
}

impl Report {
    pub fn scan_text(&mut self, name: &str, text: &[u8]) {
        for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
            for one in rules::find(line) {
                if self.findings.len() == MAX_FINDINGS {
                    self.truncated = true;
                    return;
                }
                self.findings.push(Finding {
                    file: name.to_string(),
                    line: number + 1,
                    column: String::from_utf8_lossy(&line[..one.start]).chars().count() + 1,
                    rule: one.rule,
                    shown: redact(&line[one.start..one.end]),
                });
            }
        }
        self.files += 1;
    }

    /// A file or a folder with all below it. Only a failure to read `path` itself is an error.
    pub fn scan_path(&mut self, path: &Path, max_bytes: u64) -> io::Result<()> {
        if fs::metadata(path)?.is_dir() {
            fs::read_dir(path)?;
            self.scan_folder(path, max_bytes);
        } else {
            fs::File::open(path)?;
            self.scan_file(path, max_bytes);
        }
        Ok(())
    }

    /// Folders that are still to be read are kept in a list, so that a deep tree needs no deep stack.
    fn scan_folder(&mut self, path: &Path, max_bytes: u64) {
        let mut folders = vec![path.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(_) => {
                    self.unreadable += 1;
                    continue;
                }
            };
            let mut entries: Vec<_> = entries.flatten().collect();
            entries.sort_by_key(|entry| entry.file_name());
            for entry in &entries {
                if entry.file_type().map_or(false, |kind| kind.is_file()) {
                    self.scan_file(&entry.path(), max_bytes);
                }
            }
            for entry in entries.iter().rev() {
                let skipped =
                    entry.file_name().to_str().map_or(false, |name| SKIPPED_FOLDERS.contains(&name));
                if !skipped && entry.file_type().map_or(false, |kind| kind.is_dir()) {
                    folders.push(entry.path());
                }
            }
        }
    }

    fn scan_file(&mut self, path: &Path, max_bytes: u64) {
        match fs::metadata(path) {
            Ok(status) if status.len() > max_bytes => self.large += 1,
            Ok(status) if !status.is_file() => self.unreadable += 1,
            _ => match fs::read(path) {
                Ok(text) if text.iter().take(BINARY_PROBE).any(|&byte| byte == 0) => self.binary += 1,
                Ok(text) => {
                    let shown = path.strip_prefix(".").unwrap_or(path);
                    self.scan_text(&shown.to_string_lossy(), &text);
                }
                Err(_) => self.unreadable += 1,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn secret() -> String {
        format!("key = {}{}", "ghp_", "aB3dE7fG1hJ9kL2mN5pQ8rS4tU6vW0xYzA1b")
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("secretscan-{}-{}", name, std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        fn write(&self, name: &str, content: &[u8]) {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_finding_has_its_place_and_no_secret() {
        let mut report = Report::default();
        report.scan_text("a.py", format!("x = 1\r\nä {}\n", secret()).as_bytes());
        let finding = &report.findings[0];
        assert_eq!((finding.line, finding.column, finding.rule), (2, 9, "github-token"));
        assert_eq!(finding.shown, "ghp_… (40 characters)");
    }

    #[test]
    fn a_tree_is_read_in_order_without_what_is_skipped() {
        let folder = Folder::new("tree");
        for name in ["b.txt", "a/z.txt", "a/b/c.txt", ".git/config", "node_modules/x.js", "c/target/x"] {
            folder.write(name, secret().as_bytes());
        }
        folder.write("image.png", b"\x89PNG\0\0");
        folder.write("large.txt", &vec![b'a'; 3000]);
        let mut report = Report::default();
        report.scan_path(&folder.0, 2048).unwrap();
        let files: Vec<_> = report
            .findings
            .iter()
            .map(|one| Path::new(&one.file).strip_prefix(&folder.0).unwrap().to_str().unwrap().to_string())
            .collect();
        assert_eq!(files, ["b.txt", "a/z.txt", "a/b/c.txt"]);
        assert_eq!((report.files, report.binary, report.large), (3, 1, 1));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = Folder::new("links");
        folder.write("outside/secret.txt", secret().as_bytes());
        folder.write("tree/x", b"nothing");
        std::os::unix::fs::symlink(folder.0.join("outside"), folder.0.join("tree/link")).unwrap();
        std::os::unix::fs::symlink(folder.0.join("tree"), folder.0.join("tree/loop")).unwrap();
        let mut report = Report::default();
        report.scan_path(&folder.0.join("tree"), 2048).unwrap();
        assert_eq!((report.files, report.findings.len()), (1, 0));
    }

    #[test]
    fn one_file_and_none() {
        let folder = Folder::new("file");
        folder.write("x", secret().as_bytes());
        let mut report = Report::default();
        report.scan_path(&folder.0.join("x"), 2048).unwrap();
        assert_eq!(report.findings.len(), 1);
        assert!(report.scan_path(&folder.0.join("absent"), 2048).is_err());
    }

    #[test]
    fn there_is_an_end_to_findings() {
        let mut report = Report::default();
        report.scan_text("x", format!("{}\n", secret()).repeat(MAX_FINDINGS + 1).as_bytes());
        assert_eq!((report.findings.len(), report.truncated), (MAX_FINDINGS, true));
    }
}
