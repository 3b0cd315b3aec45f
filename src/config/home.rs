//! The home folder: assets, the embedded database, keys.

use std::path::{Path, PathBuf};

use super::assets::{self, AssetError};

/// The home folder, `.cordon` unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// The folder of `--home`, else `CORDON_HOME`, else `.cordon` in the current
    /// folder, else `.cordon` beside an ancestor of the executable.
    ///
    /// # Errors
    /// When the folder that was named is not there, or none was found.
    pub fn find(option: Option<&Path>) -> Result<Home, AssetError> {
        let variable = std::env::var_os("CORDON_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
        assets::find_home(option.or(variable.as_deref())).map(Home)
    }

    /// A home at `folder`, which need not be there yet.
    pub fn at(folder: impl Into<PathBuf>) -> Home {
        Home(folder.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What must survive a restart: the embedded database, the master key.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}
