//! The GGUF model that runs in this process.
