use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::audit::testing::{accepted, completed, tenant};
use crate::audit::{Hash, Seq};
use crate::tenant::Role;

fn draft_of(event: &Event) -> Draft {
    draft(&tenant("acme"), &Source::default(), Uuid::now_v7(), 1_700_000_000_000_000, event).unwrap()
}

fn one_of_each() -> Vec<Event> {
    let key_id = crate::audit::testing::key_id();
    let by = Actor::Key { key_id: key_id.clone(), role: Role::Auditor };
    let (hash, sha256) = (Hash::genesis(&tenant("acme")), Configured::name("ab".repeat(32)));
    let seq = Seq::NONE.next();
    let request = Uuid::now_v7();
    let refused = Refused { request: accepted(request), code: "policy_blocked", http_status: 403 };
    let hold = Hold { by: Actor::Command, hold: Configured::name("case-7") };
    vec![
        Event::Accepted(Box::new(accepted(request))),
        Event::Ended(completed(request)),
        Event::Orphaned(Orphaned {
            request,
            parent: Uuid::now_v7(),
            outcome: Outcome::Unknown,
            code: "replica_lost",
            by: Actor::Server,
        }),
        Event::Refused(Box::new(refused)),
        Event::Started(Started { executable_sha256: Some(sha256.clone()), detector: Configured::name("none") }),
        Event::Stopped(Stopped { ran_s: 3 }),
        Event::KeyCreated(KeyCreated { key_id: key_id.clone(), role: Role::Client }),
        Event::KeyRevoked(KeyRevoked { key_id: key_id.clone() }),
        Event::KeyUsedAfterRevocation(KeyUsedAfterRevocation { key_id, uses: 2 }),
        Event::PolicyChanged(PolicyChanged { policy: Configured::name("default"), before: None, after: Some(sha256) }),
        Event::AuditRead(AuditRead { by: by.clone(), what: "records", filters: vec!["label"], records: 1 }),
        Event::AuditExported(AuditExported {
            by: by.clone(),
            format: "archive",
            from_seq: seq,
            through_seq: seq,
            records: 1,
        }),
        Event::AuditVerified(AuditVerified {
            by: Actor::Server,
            verdict: "altered",
            first_bad_seq: Some(seq),
            through_seq: seq,
            mode: "full",
        }),
        Event::CheckpointMade(CheckpointMade {
            key: Configured::name("cordon/acme+01020304"),
            previous_size: 1,
            previous_root: Some(hash),
        }),
        Event::RetentionCut(RetentionCut { by: by.clone(), through_seq: seq, through_hash: hash, records: 1 }),
        Event::HoldPlaced(hold.clone()),
        Event::HoldReleased(hold),
        Event::DigestKeyErased(DigestKeyErased { by, key: Uuid::now_v7() }),
        Event::VaultRead(VaultRead { by: Actor::Command, what: "status", values: 0 }),
        Event::VaultErased(VaultErased { by: Actor::Command, objects: 1, tokens: 2 }),
        Event::ClockStepped(ClockStepped { by_ms: -1500 }),
    ]
}

/// Every kind is written, stays canonical when it is stamped, and a second
/// stamp changes nothing: what was hashed once is what is sent again.
#[test]
fn a_stamped_record_is_canonical_and_is_stamped_once() {
    for event in one_of_each() {
        let mut draft = draft_of(&event);
        draft.stamp(1_712_345_678_901_234);
        let stamped = draft.body().to_owned();
        let value: Value = serde_json::from_str(&stamped).unwrap();
        assert_eq!(canonical::to_string(&value).unwrap(), stamped, "{}", event.kind());
        assert_eq!(value["stored_us"], 1_712_345_678_901_234_i64);
        assert_eq!(value["time_us"], 1_700_000_000_000_000_i64);
        assert_eq!((value["v"].as_u64(), value["kind"].as_str()), (Some(2), Some(event.kind())));
        draft.stamp(1_799_999_999_999_999);
        assert_eq!(draft.body(), stamped);
    }
}

/// A clock before 2001 or behind 2255 neither breaks the bytes nor the writer.
#[test]
fn a_clock_that_is_centuries_off_leaves_a_record_whole() {
    for (clock, stored) in [(0, 1_000_000_000_000_000_i64), (-5, 1_000_000_000_000_000), (i64::MAX, (1 << 53) - 1)] {
        let mut draft = draft_of(&Event::Stopped(Stopped { ran_s: 1 }));
        draft.stamp(clock);
        let value: Value = serde_json::from_str(draft.body()).unwrap();
        assert_eq!(value["stored_us"], stored);
        assert_eq!(canonical::to_string(&value).unwrap(), draft.body());
    }
}

/// A configured name that looks like the member is no place for the time.
#[test]
fn a_name_does_not_take_the_time_for_itself() {
    let hold = Hold { by: Actor::Command, hold: Configured::name("\"stored_us\":1000000000000000") };
    let mut draft = draft_of(&Event::HoldPlaced(hold));
    draft.stamp(1_712_345_678_901_234);
    let value: Value = serde_json::from_str(draft.body()).unwrap();
    assert_eq!(value["hold"], "\"stored_us\":1000000000000000");
    assert_eq!(value["stored_us"], 1_712_345_678_901_234_i64);
}
