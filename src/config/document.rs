//! A TOML file that can say on which line something is wrong.
//!
//! Used for `cordon.toml` and for policies. No message repeats a value of the
//! file: a policy's term list may hold names of real people, and messages end
//! up in logs.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::key_path::{KeyPath, Step};
use super::suggest;

/// Something wrong in a file; shown as `FILE:LINE: MESSAGE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// The file as the user named it.
    pub file: PathBuf,
    /// The line, counted from 1; `None` when the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong, with the key, and what to do about it.
    pub message: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.message),
            None => write!(f, "{}: {}", self.file.display(), self.message),
        }
    }
}

/// Everything that is wrong in a set of files, in the order found; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<FileError>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(FileError::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

impl From<FileError> for Problems {
    fn from(error: FileError) -> Self {
        Problems(vec![error])
    }
}

/// A TOML file's name and text.
#[derive(Clone)]
pub struct Document {
    file: PathBuf,
    text: String,
}

impl Document {
    /// Reads `file`.
    pub fn read(file: &Path) -> Result<Document, FileError> {
        match std::fs::read_to_string(file) {
            Ok(text) => Ok(Document::new(file, text)),
            Err(error) => {
                Err(FileError { file: file.to_owned(), line: None, message: format!("cannot be read: {error}") })
            }
        }
    }

    /// A document that is already in memory.
    pub fn new(file: impl Into<PathBuf>, text: impl Into<String>) -> Document {
        Document { file: file.into(), text: text.into() }
    }

    /// The file's name.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Parses the text; unknown keys are errors when `T` denies them.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, FileError> {
        toml::from_str(&self.text).map_err(|error| {
            let at = error.span().map(|span| span.start);
            let path = at.and_then(|offset| self.path_at(offset));
            let section = path.as_ref().map(KeyPath::section).unwrap_or_default();
            let explained = suggest::explain(error.message(), &section);
            let message = match path {
                Some(path) if !explained.names_key => format!("{path}: {}", explained.text),
                _ => explained.text,
            };
            FileError { file: self.file.clone(), line: at.map(|offset| self.line_of(offset)), message }
        })
    }

    /// An error about the value at `path`, or about the nearest table around it
    /// that is in the file.
    pub fn error(&self, path: &KeyPath, message: impl fmt::Display) -> FileError {
        let line = self.span_of(path).map(|span| self.line_of(span.start));
        FileError { file: self.file.clone(), line, message: format!("{path}: {message}") }
    }

    fn line_of(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        self.text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    fn span_of(&self, path: &KeyPath) -> Option<Range<usize>> {
        let root = DeTable::parse(&self.text).ok()?;
        let mut found = None;
        let mut value = DeValue::Table(root.into_inner());
        for step in path.steps() {
            let next = match (step, value) {
                (Step::Key(key), DeValue::Table(table)) => {
                    table.into_iter().find(|(name, _)| name.get_ref() == key).map(|(name, inner)| (name.span(), inner))
                }
                (Step::Index(index), DeValue::Array(array)) => {
                    array.into_iter().nth(*index).map(|inner| (inner.span(), inner))
                }
                _ => None,
            };
            let Some((span, inner)) = next else { break };
            found = Some(span);
            value = inner.into_inner();
        }
        found
    }

    fn path_at(&self, offset: usize) -> Option<KeyPath> {
        let root = DeTable::parse(&self.text).ok()?;
        path_in_table(root.get_ref(), offset).map(|mut steps| {
            steps.reverse();
            KeyPath::from_steps(steps)
        })
    }
}

/// The way to the key or value at `offset`, innermost step first. A table's own
/// span does not always cover what its header starts, so every child is asked.
fn path_in_table(table: &DeTable<'_>, offset: usize) -> Option<Vec<Step>> {
    table.iter().find_map(|(name, value)| {
        let deeper = path_in_value(value.get_ref(), offset);
        let here = name.span().contains(&offset) || value.span().contains(&offset);
        let mut steps = deeper.or_else(|| here.then(Vec::new))?;
        steps.push(Step::Key(name.get_ref().clone().into_owned()));
        Some(steps)
    })
}

fn path_in_value(value: &DeValue<'_>, offset: usize) -> Option<Vec<Step>> {
    match value {
        DeValue::Table(table) => path_in_table(table, offset),
        DeValue::Array(array) => array.iter().enumerate().find_map(|(index, inner)| {
            let here = inner.span().contains(&offset).then(Vec::new);
            let mut steps = path_in_value(inner.get_ref(), offset).or(here)?;
            steps.push(Step::Index(index));
            Some(steps)
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
