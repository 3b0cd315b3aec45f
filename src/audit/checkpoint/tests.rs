//! The expected values were computed apart with Python's hashlib and the
//! reference code of RFC 8032, so that the format cannot change unnoticed.

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::audit::base::Base;
use crate::tenant::TenantId;

const VKEY: &str = "cordon/acme+12303697+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
const NOTE: &str = "cordon/acme\n3\n+9NlW5P36M05PynV15q36Vvs9YzUEEBdGmnOr2/8/D0=\ntime 1764115260\n\n\
    \u{2014} cordon/acme EjA2l+adnpwhQ7Aqfgjf3FGd2GsLVOdfJ7fbFOVE3wrDouBLjdlK9JaYMyI4qiWcCQkxsyDA9zSlRHXoef2IKvl/ZQg=\n";

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn signing() -> SigningKey {
    SigningKey::from_seed(&[7; 32]).unwrap()
}

fn trusted(vkey: &str) -> TrustedKeys {
    TrustedKeys::new([vkey.parse().unwrap()])
}

/// After three records of `name`.
fn checkpoint(name: &str) -> Checkpoint {
    let mut base = Base::genesis(&tenant(name));
    for body in [r#"{"v":1}"#, r#"{"v":2}"#, r#"{"v":3}"#] {
        base.follow(base.head.append(body.as_bytes()).hash);
    }
    let (size, root) = (base.frontier.size(), base.frontier.root());
    Checkpoint { origin: Origin::default(), tenant: tenant(name), size, root, time_s: 1_764_115_260 }
}

/// RFC 8032, section 7.1, test 1.
#[test]
fn a_signature_is_one_of_ed25519() {
    let seed = HEXLOWER.decode(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
    let key = SigningKey::from_seed(&seed).unwrap().public_key(&Origin::default(), &tenant("acme"));
    let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
                     d25bf5f0595bbe24655141438e7a100b";
    assert!(key.has_signed(b"", &HEXLOWER.decode(signature.as_bytes()).unwrap()));
    assert!(SigningKey::from_seed(&seed[1..]).is_none());
}

#[test]
fn the_format_of_notes_and_keys_is_fixed() {
    let signed = signing().sign(checkpoint("acme"));
    assert_eq!(signed.text(), NOTE);
    assert_eq!(signing().public_key(&Origin::default(), &tenant("acme")).to_string(), VKEY);
}

#[test]
fn a_note_reads_back_as_what_it_says_and_is_checked_by_the_public_key() {
    let read = SignedCheckpoint::parse(NOTE).unwrap();
    assert_eq!(read.checkpoint(), &checkpoint("acme"));
    assert_eq!(read.text(), NOTE);
    assert_eq!(read.verify(&trusted(VKEY)), Ok(()));
    let system = Checkpoint { tenant: TenantId::system(), ..checkpoint("acme") };
    let system = signing().sign(system);
    assert_eq!(SignedCheckpoint::parse(system.text()).unwrap(), system);
}

#[test]
fn a_key_for_one_tenant_is_taken_for_the_others_of_its_origin_alone() {
    let other = signing().sign(checkpoint("other"));
    assert_eq!(other.verify(&trusted(VKEY)), Ok(()));
    let elsewhere = Checkpoint { origin: Origin::parse("example.com/log").unwrap(), ..checkpoint("acme") };
    assert_eq!(signing().sign(elsewhere).verify(&trusted(VKEY)), Err(SignatureProblem::UnknownKey));
}

#[test]
fn a_changed_text_is_a_bad_signature_and_another_key_is_an_unknown_one() {
    let changed = SignedCheckpoint::parse(&NOTE.replacen("\n3\n", "\n4\n", 1)).unwrap();
    assert_eq!(changed.verify(&trusted(VKEY)), Err(SignatureProblem::BadSignature));
    let later = SignedCheckpoint::parse(&NOTE.replacen("time 1764115260", "time 1764115261", 1)).unwrap();
    assert_eq!(later.verify(&trusted(VKEY)), Err(SignatureProblem::BadSignature));
    let stranger = SigningKey::from_seed(&[8; 32]).unwrap().sign(checkpoint("acme"));
    assert_eq!(stranger.verify(&trusted(VKEY)), Err(SignatureProblem::UnknownKey));
    assert_eq!(stranger.verify(&TrustedKeys::default()), Err(SignatureProblem::UnknownKey));
    // The note of one tenant under the name of another.
    let moved = SignedCheckpoint::parse(&NOTE.replace("cordon/acme", "cordon/other")).unwrap();
    assert_eq!(moved.verify(&trusted(VKEY)), Err(SignatureProblem::UnknownKey));
}

#[test]
fn a_witness_s_signature_neither_helps_nor_harms() {
    let line = NOTE.lines().last().unwrap();
    let witnessed = format!("{NOTE}{}\n", line.replace("cordon/acme", "witness.example"));
    assert_eq!(SignedCheckpoint::parse(&witnessed).unwrap().verify(&trusted(VKEY)), Ok(()));
    let alone = NOTE.replace(line, &line.replace("cordon/acme", "witness.example"));
    assert_eq!(SignedCheckpoint::parse(&alone).unwrap().verify(&trusted(VKEY)), Err(SignatureProblem::UnknownKey));
}

#[test]
fn each_part_of_a_note_that_is_not_right_is_named() {
    let problem = |from: &str, to: &str| SignedCheckpoint::parse(&NOTE.replacen(from, to, 1)).unwrap_err();
    assert_eq!(problem("cordon/acme\n", "acme\n"), NoteProblem::Origin);
    assert_eq!(problem("cordon/acme\n", "cordon/Acme\n"), NoteProblem::Origin);
    assert_eq!(problem("\n3\n", "\n03\n"), NoteProblem::Size);
    assert_eq!(problem("\n3\n", "\n+3\n"), NoteProblem::Size);
    assert_eq!(problem("\n3\n", "\n9223372036854775808\n"), NoteProblem::Size);
    assert_eq!(problem("/D0=", "/D0"), NoteProblem::Root);
    assert_eq!(problem("time 1764115260\n", ""), NoteProblem::Time);
    assert_eq!(problem("time 1764115260\n", "time 1\ntime 2\n"), NoteProblem::Time);
    assert_eq!(problem("\u{2014} cordon", "- cordon"), NoteProblem::Signature);
    assert_eq!(problem("EjA2l", "?"), NoteProblem::Signature);
    assert_eq!(problem("\n\n", "\n"), NoteProblem::NotANote);
    assert_eq!(problem("\n\n", "\r\n\r\n"), NoteProblem::NotANote);
    assert_eq!(SignedCheckpoint::parse(NOTE.trim_end()).unwrap_err(), NoteProblem::NotANote);
    assert_eq!(SignedCheckpoint::parse(&NOTE.repeat(100)).unwrap_err(), NoteProblem::TooLong);
}

#[test]
fn a_mistyped_public_key_is_refused() {
    let problem = |from: &str, to: &str| VKEY.replacen(from, to, 1).parse::<PublicKey>().unwrap_err();
    assert_eq!(problem("acme", "acne"), KeyProblem::Mistyped);
    assert_eq!(problem("12303697", "12303698"), KeyProblem::Mistyped);
    assert_eq!(problem("AepK", "AepJ"), KeyProblem::Mistyped);
    assert_eq!(problem("AepK", "BepK"), KeyProblem::Form);
    assert_eq!(problem("+12303697", ""), KeyProblem::Form);
    assert_eq!(problem("cordon/acme", "cordon"), KeyProblem::Form);
    assert_eq!(format!(" {VKEY}\n").parse::<PublicKey>().unwrap().to_string(), VKEY);
}

#[test]
fn an_origin_can_stand_in_a_note() {
    for bad in ["", "two words", "a+b", "a\nb", "caf\u{e9}", &"x".repeat(201)] {
        assert_eq!(Origin::parse(bad), Err(InvalidOrigin), "{bad:?}");
    }
    assert_eq!(Origin::parse("logs.example.com/cordon").unwrap().as_str(), "logs.example.com/cordon");
}

proptest! {
    /// Notes and keys come from files of strangers.
    #[test]
    fn no_text_makes_reading_panic(text in any::<String>(), at in 0..NOTE.len(), piece in any::<String>()) {
        let _ = SignedCheckpoint::parse(&text).map(|note| note.verify(&trusted(VKEY)));
        let _ = text.parse::<PublicKey>();
        let at = (0..=at).rev().find(|at| NOTE.is_char_boundary(*at)).unwrap_or(0);
        let bent = format!("{}{piece}{}", &NOTE[..at], &NOTE[at..]);
        if let Ok(note) = SignedCheckpoint::parse(&bent) {
            // Extra lines before the signature change what is signed.
            prop_assert!(note.verify(&trusted(VKEY)).is_err() || note.checkpoint() == &checkpoint("acme"));
        }
    }
}
