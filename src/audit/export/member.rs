//! Members of a tar archive, each with its header and padding.

use std::io;

use tar::Header;

/// Size of a tar header, and what members are padded to.
pub(super) const BLOCK: usize = 512;

/// The header of a member. Nothing in it depends on the machine, so that an
/// archive can be made again byte for byte.
pub(super) fn header(name: &str, size: u64, made_us: i64) -> io::Result<[u8; BLOCK]> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(made_us.unsigned_abs() / 1_000_000);
    header.set_cksum();
    Ok(*header.as_bytes())
}

/// Appends a whole member to `out`.
pub(super) fn append(out: &mut Vec<u8>, name: &str, data: &[u8], made_us: i64) -> io::Result<()> {
    out.extend_from_slice(&header(name, data.len() as u64, made_us)?);
    out.extend_from_slice(data);
    out.resize(out.len() + padding(data.len() as u64), 0);
    Ok(())
}

/// Zeros behind a member of `size` bytes.
pub(super) fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

/// What ends an archive: two blocks of zeros.
pub(super) const TRAILER: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
