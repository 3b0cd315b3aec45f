//! The place of a value in a TOML file.

use std::fmt;

/// Where a value stands: `provider[1].key_env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath(Vec<Step>);

/// One step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl KeyPath {
    /// A key at the top of the file.
    pub fn new(key: &str) -> KeyPath {
        KeyPath(vec![Step::Key(key.to_owned())])
    }

    /// A key of the table here.
    pub fn key(&self, key: &str) -> KeyPath {
        self.then(Step::Key(key.to_owned()))
    }

    /// The element `index` of the array here, counted from 0.
    pub fn index(&self, index: usize) -> KeyPath {
        self.then(Step::Index(index))
    }

    pub(super) fn from_steps(steps: Vec<Step>) -> KeyPath {
        KeyPath(steps)
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    fn then(&self, step: Step) -> KeyPath {
        KeyPath(self.0.iter().cloned().chain([step]).collect())
    }

    /// The table that holds this key, as its header is written.
    pub(super) fn section(&self) -> String {
        let parent = &self.0[..self.0.len().saturating_sub(1)];
        let keys: Vec<&str> = parent
            .iter()
            .filter_map(|step| match step {
                Step::Key(key) => Some(key.as_str()),
                Step::Index(_) => None,
            })
            .collect();
        match parent.last() {
            None => "at the top of the file".to_owned(),
            Some(Step::Key(_)) => format!("in [{}]", keys.join(".")),
            Some(Step::Index(_)) => format!("in [[{}]]", keys.join(".")),
        }
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
