//! A playlist's bytes taken apart into numbered lines (RFC 8216, 4.1). m3u8-rs parses too, but it keeps no line numbers
//! and passes over much of what is to be found here.

use super::{
    findings::{Findings, quoted},
    rule::Rule,
    value::whole,
};

pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) content: Content<'a>,
}

pub(super) enum Content<'a> {
    /// The name is without its `#`; the value is empty where there is no colon.
    Tag(&'a str, &'a str),
    Uri(&'a str),
}

/// A playlist of either kind. Blank lines and comments are gone.
pub(super) struct Playlist<'a> {
    pub(super) file: &'a str,
    pub(super) lines: Vec<Line<'a>>,
}

impl<'a> Playlist<'a> {
    /// None where the bytes are no text at all.
    pub(super) fn scan(file: &'a str, bytes: &'a [u8], findings: &mut Findings) -> Option<Self> {
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count();
                findings.add(Rule::Encoding, file, Some(line), "not UTF-8");
                return None;
            }
        };
        let without_mark = text.strip_prefix('\u{feff}');
        if without_mark.is_some() {
            findings.add(Rule::Encoding, file, Some(1), "begins with a byte order mark");
        }
        let text = without_mark.unwrap_or(text);
        let mut lines = Vec::new();
        // `lines` takes off LF and CR LF, the two line ends of RFC 8216. A CR anywhere else ends no line, and so is a
        // control character like the others.
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(control) = line.chars().find(|character| character.is_control()) {
                let message = format!("the control character U+{:04X}", u32::from(control));
                findings.add(Rule::Encoding, file, Some(number), message);
            }
            match line.strip_prefix('#') {
                Some(tag) if tag.starts_with("EXT") => {
                    let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
                    let content = Content::Tag(name, value);
                    lines.push(Line { number, content });
                }
                None if !line.is_empty() => {
                    let content = Content::Uri(line);
                    lines.push(Line { number, content });
                }
                _ => {}
            }
        }
        if text.lines().next() != Some("#EXTM3U") {
            findings.add(Rule::Extm3u, file, Some(1), "the first line is not #EXTM3U");
        }
        Some(Playlist { file, lines })
    }

    /// All tags of this name: line and value.
    pub(super) fn tags(&self, wanted: &str) -> impl Iterator<Item = (usize, &'a str)> {
        self.lines.iter().filter_map(move |line| match line.content {
            Content::Tag(name, value) if name == wanted => Some((line.number, value)),
            _ => None,
        })
    }

    /// The tag that must stand exactly once: line and value of the first.
    pub(super) fn single(&self, tag: &str, rule: Rule, findings: &mut Findings) -> Option<(usize, &'a str)> {
        let mut tags = self.tags(tag);
        let first = tags.next();
        match first {
            None => findings.add(rule, self.file, None, format!("there is no {tag}")),
            Some((line, _)) => {
                for (again, _) in tags {
                    findings.add(rule, self.file, Some(again), format!("{tag} again, after line {line}"));
                }
            }
        }
        first
    }

    /// EXT-X-VERSION: line and number.
    pub(super) fn version(&self, findings: &mut Findings) -> Option<(usize, u64)> {
        let (line, value) = self.single("EXT-X-VERSION", Rule::Version, findings)?;
        let version = whole(value);
        if version.is_none() {
            findings.add(
                Rule::Version,
                self.file,
                Some(line),
                format!("{} is no version", quoted(value)),
            );
        }
        Some((line, version?))
    }

    /// Reports tags that have no place here.
    pub(super) fn refuse(&self, tags: &[&str], why: &str, findings: &mut Findings) {
        for line in &self.lines {
            if let Content::Tag(name, _) = line.content
                && tags.contains(&name)
            {
                findings.add(
                    Rule::UnexpectedTag,
                    self.file,
                    Some(line.number),
                    format!("{name} {why}"),
                );
            }
        }
    }
}
