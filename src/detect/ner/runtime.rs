//! The ONNX Runtime: one shared library, loaded once per process, and the
//! sessions made from it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use memchr::memmem;
use ort::environment::Environment;
use ort::ep::{self, ExecutionProvider};
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ring::digest::{Context, SHA256};

use super::NerError;
use super::digest::ensure_digest;

/// The loaded runtime.
#[derive(Clone)]
pub(super) struct Runtime {
    pub(super) sha256: String,
    pub(super) version: String,
    path: PathBuf,
    environment: Environment,
}

/// `ort` binds to one library for the life of the process, so the first
/// caller decides and later ones must agree with it.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

impl Runtime {
    /// Loads the library at `path`, or returns the one loaded from the same
    /// file before.
    pub(super) fn open(path: &Path, expected_sha256: Option<&str>) -> Result<Runtime, NerError> {
        let path = path.canonicalize().map_err(|source| NerError::Read { path: path.to_owned(), source })?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = loaded.as_ref() {
            if runtime.path != path {
                return Err(NerError::RuntimeConflict { loaded: runtime.path.clone(), path });
            }
            ensure_digest(&path, expected_sha256, &runtime.sha256)?;
            return Ok(runtime.clone());
        }
        let runtime = Runtime::load(path, expected_sha256)?;
        *loaded = Some(runtime.clone());
        Ok(runtime)
    }

    pub(super) fn load(path: PathBuf, expected_sha256: Option<&str>) -> Result<Runtime, NerError> {
        // The digest comes first: loading a library already runs its code.
        let library = Library::read(&path)?;
        ensure_digest(&path, expected_sha256, &library.sha256)?;
        let unusable = |reason: String| NerError::Runtime { path: path.clone(), reason };
        if !library.has_entry_point {
            return Err(unusable("it is no build of the ONNX Runtime".to_owned()));
        }
        let environment = ort::init_from(&path)
            .map_err(|e| unusable(e.to_string()))?
            .with_name("cordon")
            .with_telemetry(false)
            .with_logger(Arc::new(forward_log))
            .build()
            .map_err(|e| unusable(e.to_string()))?;
        environment.set_log_level(LogLevel::Warning);
        let version = library.version.unwrap_or_else(|| "unknown".to_owned());
        Ok(Runtime { sha256: library.sha256, version, path, environment })
    }

    /// Whether this build of the runtime has CUDA in it.
    pub(super) fn offers_cuda(&self) -> bool {
        ep::CUDA::is_available().unwrap_or(false)
    }

    /// A session of its own over the model, with one thread; on the CPU or
    /// on a CUDA device.
    pub(super) fn session(&self, model: &[u8], cuda: Option<u32>) -> Result<Session, NerError> {
        match cuda {
            Some(device) if !self.offers_cuda() => {
                Err(NerError::Cuda { device, reason: "this build of the ONNX Runtime has no CUDA support".to_owned() })
            }
            Some(device) => self.commit(model, cuda).map_err(|e| NerError::Cuda { device, reason: e.to_string() }),
            None => self.commit(model, None).map_err(|e| NerError::Model(e.to_string())),
        }
    }

    fn commit(&self, model: &[u8], cuda: Option<u32>) -> ort::Result<Session> {
        let provider = match cuda {
            Some(device) => ep::CUDA::default().with_device_id(device.cast_signed()).build().error_on_failure(),
            // Without the arena a session gives its activations back after
            // each run, which keeps an idle process small.
            None => ep::CPU::default().with_arena_allocator(false).build(),
        };
        let builder = Session::builder(&self.environment)?;
        // Costs two thirds more time where it is not needed.
        let builder = if sums_saturate() { builder.with_precise_qmm()? } else { builder };
        builder
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_memory_pattern(false)?
            .with_log_level(LogLevel::Warning)?
            .with_execution_providers([provider])?
            .commit_from_memory(model)
    }
}

/// Whether the processor adds products of eight-bit numbers in sixteen bits,
/// which can overflow: x86-64 before VNNI.
fn sums_saturate() -> bool {
    #[cfg(target_arch = "x86_64")]
    return !std::is_x86_feature_detected!("avx512vnni") && !std::is_x86_feature_detected!("avxvnni");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// What the library's file says without being loaded.
struct Library {
    sha256: String,
    /// Whether it names the function that every build exports.
    has_entry_point: bool,
    version: Option<String>,
}

impl Library {
    /// Reads the file, some 30 MB, in pieces: the memory that a
    /// whole copy takes would stay with the process.
    fn read(path: &Path) -> Result<Library, NerError> {
        const PIECE_BYTES: usize = 1 << 18;
        /// Longer than what is searched for, which may lie across two pieces.
        const KEPT_BYTES: usize = 64;
        let unreadable = |source| NerError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        let mut digest = Context::new(&SHA256);
        let (mut has_entry_point, mut version) = (false, None);
        let mut piece = vec![0; KEPT_BYTES + PIECE_BYTES];
        loop {
            let len = file.read(&mut piece[KEPT_BYTES..]).map_err(unreadable)?;
            if len == 0 {
                return Ok(Library { sha256: HEXLOWER.encode(digest.finish().as_ref()), has_entry_point, version });
            }
            digest.update(&piece[KEPT_BYTES..KEPT_BYTES + len]);
            let seen = &piece[..KEPT_BYTES + len];
            has_entry_point |= memmem::find(seen, b"OrtGetApiBase").is_some();
            version = version.or_else(|| version_in(seen));
            piece.copy_within(len..KEPT_BYTES + len, 0);
        }
    }
}

/// The version is the name of the library's ELF symbol version,
/// `VERS_<version>` and a zero byte; `ort` does not show the one it reads.
fn version_in(library: &[u8]) -> Option<String> {
    const PREFIX: &[u8] = b"VERS_";
    memmem::find_iter(library, PREFIX).find_map(|at| {
        let rest = library.get(at + PREFIX.len()..)?;
        let version = std::str::from_utf8(&rest[..memchr::memchr(0, rest)?]).ok()?;
        let is_version = version.contains('.') && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        is_version.then(|| version.to_owned())
    })
}

fn forward_log(level: LogLevel, category: &str, _id: &str, location: &str, message: &str) {
    match level {
        LogLevel::Fatal | LogLevel::Error => tracing::error!(target: "onnxruntime", category, location, message),
        LogLevel::Warning => tracing::warn!(target: "onnxruntime", category, location, message),
        LogLevel::Info | LogLevel::Verbose => tracing::trace!(target: "onnxruntime", category, location, message),
    }
}
