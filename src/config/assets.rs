//! Where the files that `make setup` fetched are, and whether they are the ones
//! that were pinned when Cordon was built.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};

/// A part that Cordon loads from its home folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asset {
    /// The folder of the default NER model: `tokenizer.json`, `config.json` and [`Asset::NerWeights`].
    NerModel,
    /// The NER model's weights.
    NerWeights,
    /// The shared library that runs it.
    OnnxRuntime,
    /// The default local language model.
    LocalModel,
    /// The folder of the embedded PostgreSQL: `bin`, `lib`, `share`.
    Postgres,
    /// The embedded PostgreSQL's server program.
    PostgresServer,
}

impl Asset {
    /// Where this part lies in a home folder.
    pub fn path_in(self, home: &Path) -> PathBuf {
        home.join("assets").join(match self {
            Asset::NerModel => "rampart",
            Asset::NerWeights => "rampart/onnx/model_q4.onnx",
            Asset::OnnxRuntime => "onnxruntime/libonnxruntime.so",
            Asset::LocalModel => "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            Asset::Postgres => "postgres",
            Asset::PostgresServer => "postgres/bin/postgres",
        })
    }

    /// The SHA-256 (hex) of the file that `scripts/assets.lock` leads to; `None` for a folder,
    /// and for a program on a platform that nothing was pinned for.
    pub fn sha256(self) -> Option<&'static str> {
        match self {
            Asset::NerModel | Asset::Postgres => None,
            Asset::NerWeights => Some("9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5"),
            Asset::LocalModel => Some("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
            Asset::OnnxRuntime => per_platform(
                "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
                "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
            ),
            Asset::PostgresServer => per_platform(
                "8a5fa2b4644be7fed5c8ace3c94989132ff95dcf3ddf178ce777bdd6dda357e8",
                "d3346103e9f92ae9ddc93e48d8c451fc99cfba6c0696536761bbcd9247757d46",
            ),
        }
    }

    /// The path of this part in a home folder, once it is there and, for a pinned file, whole and unchanged.
    ///
    /// Reads a pinned file to its end, so call it once, at start.
    ///
    /// # Errors
    /// [`AssetError::Missing`] and [`AssetError::Changed`], both of which name the file and say what to do.
    pub fn verified_in(self, home: &Path) -> Result<PathBuf, AssetError> {
        let path = self.path_in(home);
        match self.sha256() {
            Some(expected) => verify_sha256(&path, expected)?,
            None if path.is_dir() => {}
            None => return Err(AssetError::Missing { path }),
        }
        Ok(path)
    }
}

fn per_platform(x86_64: &'static str, aarch64: &'static str) -> Option<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Some(x86_64),
        "aarch64" => Some(aarch64),
        _ => None,
    }
}

/// Why a part cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// No home folder was named and none was found.
    #[error("no Cordon home folder was found: run `make setup`, or name one with --home or CORDON_HOME")]
    NoHome,
    /// The file or folder is not there.
    #[error("{} is missing: run `make setup`", path.display())]
    Missing {
        /// What was looked for.
        path: PathBuf,
    },
    /// The file is there and is not the one that was pinned.
    #[error(
        "{} is not the file that was pinned (its SHA-256 is {found}, expected {expected}): remove it and run `make setup`",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its SHA-256, hex.
        found: String,
        /// The pinned SHA-256, hex.
        expected: String,
    },
    /// The file is there and cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The home folder: the one that was named, else `.cordon` in the current folder, else `.cordon` beside an ancestor
/// of the executable (so that `target/release/cordon` finds its project from anywhere).
///
/// # Errors
/// [`AssetError::NoHome`] when there is none; a named folder that does not exist is [`AssetError::Missing`].
pub fn find_home(named: Option<&Path>) -> Result<PathBuf, AssetError> {
    if let Some(path) = named {
        return if path.is_dir() { Ok(path.to_owned()) } else { Err(AssetError::Missing { path: path.to_owned() }) };
    }
    let executable = std::env::current_exe().unwrap_or_default();
    std::env::current_dir()
        .iter()
        .map(PathBuf::as_path)
        .chain(executable.ancestors().skip(1))
        .map(|folder| folder.join(".cordon"))
        .find(|home| home.is_dir())
        .ok_or(AssetError::NoHome)
}

/// Checks that the file's content has the SHA-256 `expected` (hex, any case).
///
/// # Errors
/// [`AssetError::Missing`], [`AssetError::Unreadable`] and [`AssetError::Changed`].
pub fn verify_sha256(path: &Path, expected: &str) -> Result<(), AssetError> {
    let found = sha256_of(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => AssetError::Missing { path: path.to_owned() },
        _ => AssetError::Unreadable { path: path.to_owned(), source },
    })?;
    if found.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(AssetError::Changed { path: path.to_owned(), found, expected: expected.to_owned() })
    }
}

/// The SHA-256 of a file's content, in lower-case hex.
///
/// # Errors
/// What the system says when the file cannot be read.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(data_encoding::HEXLOWER.encode(digest.finish().as_ref())),
            read => digest.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> PathBuf {
        find_home(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".cordon"))).expect("run `make setup`")
    }

    #[test]
    fn every_asset_that_setup_fetches_is_the_pinned_one() {
        for asset in [
            Asset::NerModel,
            Asset::NerWeights,
            Asset::OnnxRuntime,
            Asset::LocalModel,
            Asset::Postgres,
            Asset::PostgresServer,
        ] {
            asset.verified_in(&home()).unwrap();
        }
    }

    #[test]
    fn a_changed_file_is_refused_with_its_name_and_both_hashes() {
        let path = std::env::temp_dir().join(format!("cordon-assets-{}", uuid::Uuid::new_v4()));
        std::fs::write(&path, "abc").unwrap();
        // FIPS 180-4's own example.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(verify_sha256(&path, &expected.to_uppercase()).is_ok());

        std::fs::write(&path, "abd").unwrap();
        let message = verify_sha256(&path, expected).unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains(path.to_str().unwrap()), "{message}");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_missing_file_says_to_run_setup() {
        let error = Asset::LocalModel.verified_in(Path::new("/nowhere")).unwrap_err();
        assert!(matches!(error, AssetError::Missing { .. }));
        assert!(error.to_string().contains("make setup"));
    }
}
