//! Addresses of crypto currencies.

use ring::digest::{SHA256, digest};

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A Base58Check address: version byte, hash of 20 bytes, checksum of 4.
pub(super) fn base58check(value: &str) -> bool {
    is_base58check::<25>(value)
}

/// A private key in Base58Check: a wallet import format with or without the
/// mark of a compressed public key, or an extended key of BIP 32.
pub(super) fn base58check_key(value: &str) -> bool {
    is_base58check::<37>(value) || is_base58check::<38>(value) || is_base58check::<82>(value)
}

/// Base58Check of `BYTES` bytes (Bitcoin wiki, "Base58Check encoding"): the
/// last four are the first of the double SHA-256 of the rest.
fn is_base58check<const BYTES: usize>(value: &str) -> bool {
    const CHECKSUM_BYTES: usize = 4;
    let mut bytes = [0u8; BYTES];
    for char in value.bytes() {
        let Some(digit) = BASE58.iter().position(|known| *known == char) else { return false };
        let mut carry = digit;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry % 256) as u8;
            carry /= 256;
        }
        if carry != 0 {
            return false;
        }
    }
    let (body, checksum) = bytes.split_at(BYTES - CHECKSUM_BYTES);
    digest(&SHA256, digest(&SHA256, body).as_ref()).as_ref().starts_with(checksum)
}

const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// A segwit address, BIP 173 (constant 1) or BIP 350 (constant 0x2bc830a3).
pub(super) fn bech32(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let Some((prefix, data)) = lower.rsplit_once('1') else { return false };
    let mut checksum = 1u32;
    let expanded = prefix.bytes().map(|byte| byte >> 5).chain([0]).chain(prefix.bytes().map(|byte| byte & 31));
    expanded.for_each(|value| checksum = polymod(checksum, value));
    for char in data.bytes() {
        let Some(value) = BECH32.iter().position(|known| *known == char) else { return false };
        checksum = polymod(checksum, value as u8);
    }
    matches!(checksum, 1 | 0x2bc8_30a3)
}

fn polymod(checksum: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = checksum >> 25;
    let shifted = (checksum & 0x1ff_ffff) << 5 ^ u32::from(value);
    GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1).fold(shifted, |sum, (_, term)| sum ^ term)
}
