//! Events for tests and benches.
#![expect(clippy::unwrap_used, reason = "only tests call this; a failed set-up should stop them where it happened")]

use uuid::Uuid;

use super::{
    Accepted, Configured, DigestKey, Ended, EntityCounts, KeyCreated, LatencyStep, Outcome, PolicyRef, Subject,
    TargetRef,
};
use crate::detect::Label;
use crate::tenant::keys::{ApiKey, KeyId};
use crate::tenant::{Role, TenantId};

/// The tenant called `name`.
pub fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// The public part of some key.
pub fn key_id() -> KeyId {
    ApiKey::generate().unwrap().0
}

/// The smallest event.
pub fn key_created() -> super::Event {
    super::Event::KeyCreated(KeyCreated { key_id: key_id(), role: Role::Client })
}

/// A request as most are.
pub fn accepted(request: Uuid) -> Accepted {
    let key = DigestKey::new(Uuid::nil(), &[7; 32]);
    let mut entities = EntityCounts::default();
    entities.add(Label::parse("PERSON").unwrap(), "redact", 2);
    Accepted {
        request,
        digest_key: key.id(),
        conversation: key.digest(Subject::Conversation, b"conversation"),
        continues: None,
        key_id: key_id(),
        role: Role::Client,
        client: Some(key.digest(Subject::ClientAddress, b"192.0.2.7")),
        purpose: Some(Configured::name("support")),
        route: "/v1/chat/completions",
        dialect: "openai.chat",
        model_asked: Some(Configured::name("gpt-5")),
        target: Some(TargetRef {
            model: Configured::name("gpt-5"),
            provider: Configured::name("openai"),
            region: Some(Configured::name("eu")),
        }),
        policy: PolicyRef { id: Configured::name("default"), sha256: Configured::name("00".repeat(32)) },
        detector: Configured::name("catalogue=0011aabb ner=0123456789abcdef ort=1.31.1"),
        entities,
        first_pass: "off",
        vault_values: 0,
        bytes_in: 512,
        original_digest: key.digest(Subject::OriginalBody, b"original"),
        sanitized_digest: Some(key.digest(Subject::SanitizedBody, b"sanitized")),
    }
}

/// The end of a request as most are.
pub fn completed(request: Uuid) -> Ended {
    Ended {
        request,
        parent: None,
        outcome: Outcome::Completed,
        code: None,
        http_status: Some(200),
        target: None,
        first_pass: None,
        bytes_out: 2048,
        tokens: None,
        sanitized_digest: None,
        latency: LatencyStep::from(std::time::Duration::from_millis(123)),
    }
}
