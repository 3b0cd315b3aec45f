//! The ONNX Runtime: one shared library, loaded once per process, and the
//! sessions made from it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem;
use ort::environment::Environment;
use ort::ep::{self, ExecutionProvider};
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;

use super::NerError;
use super::digest::{ensure_digest, read_file, sha256_hex};

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
        let library = read_file(&path)?;
        let sha256 = sha256_hex(&library);
        ensure_digest(&path, expected_sha256, &sha256)?;
        let unusable = |reason: String| NerError::Runtime { path: path.clone(), reason };
        if memmem::find(&library, b"OrtGetApiBase").is_none() {
            return Err(unusable("it is no build of the ONNX Runtime".to_owned()));
        }
        let version = library_version(&library).unwrap_or_else(|| "unknown".to_owned());
        drop(library);
        let environment = ort::init_from(&path)
            .map_err(|e| unusable(e.to_string()))?
            .with_name("cordon")
            .with_telemetry(false)
            .with_logger(Arc::new(forward_log))
            .build()
            .map_err(|e| unusable(e.to_string()))?;
        environment.set_log_level(LogLevel::Warning);
        Ok(Runtime { sha256, version, path, environment })
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
        Session::builder(&self.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_memory_pattern(false)?
            // Where the processor has no VNNI, sums of eight-bit products
            // would saturate without this.
            .with_precise_qmm()?
            .with_log_level(LogLevel::Warning)?
            .with_execution_providers([provider])?
            .commit_from_memory(model)
    }
}

/// The version is the name of the library's ELF symbol version,
/// `VERS_<version>`; `ort` does not show the one it reads.
fn library_version(library: &[u8]) -> Option<String> {
    const PREFIX: &[u8] = b"VERS_";
    memmem::find_iter(library, PREFIX).find_map(|at| {
        let rest = library.get(at + PREFIX.len()..)?;
        let len = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        let version = std::str::from_utf8(rest.get(..len)?).ok()?;
        version.contains('.').then(|| version.to_owned())
    })
}

fn forward_log(level: LogLevel, category: &str, _id: &str, location: &str, message: &str) {
    match level {
        LogLevel::Fatal | LogLevel::Error => tracing::error!(target: "onnxruntime", category, location, message),
        LogLevel::Warning => tracing::warn!(target: "onnxruntime", category, location, message),
        LogLevel::Info | LogLevel::Verbose => tracing::trace!(target: "onnxruntime", category, location, message),
    }
}
