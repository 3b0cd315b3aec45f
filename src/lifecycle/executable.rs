//! Which program runs.

use std::fs::File;
use std::io::{self, Read};

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};

/// The file that this process was started from, also when another stands in its
/// place by now (proc(5)).
const OWN_FILE: &str = "/proc/self/exe";

/// SHA-256 of the program's file, in hexadecimal; `None` where it cannot be read.
pub(super) async fn sha256() -> Option<String> {
    let hashed = tokio::task::spawn_blocking(|| hash(File::open(OWN_FILE)?)).await.ok()?;
    hashed
        .inspect_err(|error| tracing::warn!(%error, "the program's own file cannot be read, so it is not hashed"))
        .ok()
}

fn hash(mut file: File) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(HEXLOWER.encode(context.finish().as_ref())),
            read => context.update(&piece[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_hash_is_that_of_the_running_program() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let expected = HEXLOWER.encode(ring::digest::digest(&SHA256, &own).as_ref());
        assert_eq!(sha256().await, Some(expected));
    }
}
