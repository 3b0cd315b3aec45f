use sqlx::AssertSqlSafe;
use zeroize::Zeroizing;

use super::*;
use crate::detect::Label;
use crate::scrub::StoredToken;
use crate::store::Store;
use crate::store::testing::fresh_store;

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const CONVERSATION: &str = "c0ffee";
const OBJECT: &str = "resp_1";

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn token(token: &str, value: &str) -> StoredToken {
    let value = Zeroizing::new(value.to_owned());
    let token = token.to_owned();
    let (restorable, keeps_brackets, meets_parenthesis) = (true, false, false);
    StoredToken { token, label: Label::PERSON, value, restorable, keeps_brackets, meets_parenthesis }
}

fn tokens() -> Vec<StoredToken> {
    vec![token("[PERSON_7KQ2]", "Maria Planted"), token("[PERSON_7KQ2_B]", "MARIA PLANTED")]
}

fn kept(tokens: usize) -> Kept {
    let request = Some(uuid::Uuid::from_u128(7));
    Kept { hosts: vec!["planted.example".into()], tokens, request, ..Kept::of("openai", "gpt", true) }
}

fn vault_of(store: &Store, master: &MasterKey, lifetime: Duration) -> Vault {
    Vault::new(store.pool.clone(), master, lifetime).unwrap()
}

/// A vault in which `acme` has one answer with two tokens.
async fn filled() -> (Store, MasterKey, Vault) {
    let (store, master) = (fresh_store().await, MasterKey::generate().unwrap());
    let vault = vault_of(&store, &master, MONTH);
    fill(&vault, "acme", OBJECT).await;
    (store, master, vault)
}

async fn fill(vault: &Vault, name: &str, object: &str) {
    let mapping = vault.begin(&tenant(name), CONVERSATION).await.unwrap();
    vault.keep_tokens(&mapping, &tokens()).await.unwrap();
    vault.keep(&mapping, object, kept(2)).await.unwrap();
}

async fn run(store: &Store, sql: &str) -> u64 {
    sqlx::query(AssertSqlSafe(sql)).execute(&mut store.superuser().await).await.unwrap().rows_affected()
}

#[tokio::test]
async fn what_was_kept_is_found_by_its_tenant() {
    let (store, master, vault) = filled().await;
    // Another process, with the same master key.
    let found = vault_of(&store, &master, MONTH).find(&tenant("acme"), OBJECT).await.unwrap().unwrap();
    let mut restored = found.tokens;
    restored.sort_by(|a, b| a.token.cmp(&b.token));
    assert_eq!((restored, found.kept), (tokens(), kept(2)));
    assert_eq!(found.mapping.conversation(), CONVERSATION);
    assert!(vault.find(&tenant("acme"), "resp_2").await.unwrap().is_none());
}

/// L23: the same id means nothing to another tenant, whether it has a key or not.
/// An answer that was kept before requests were noted is still there.
#[test]
fn a_kept_answer_without_its_request_is_read() {
    let before = r#"{"provider":"openai","model":"gpt","hosts":[],"structured_output":true,"tokens":0}"#;
    assert_eq!(serde_json::from_str::<Kept>(before).unwrap(), Kept::of("openai", "gpt", true));
}

#[tokio::test]
async fn another_tenant_finds_nothing() {
    let (_store, _, vault) = filled().await;
    assert!(vault.find(&tenant("other"), OBJECT).await.unwrap().is_none());
    fill(&vault, "other", "resp_9").await;
    assert!(vault.find(&tenant("other"), OBJECT).await.unwrap().is_none());
    assert!(!vault.forget(&tenant("other"), OBJECT).await.unwrap());
    assert!(vault.find(&tenant("acme"), OBJECT).await.unwrap().is_some());
}

#[tokio::test]
async fn another_master_key_opens_nothing_and_says_so() {
    let (store, ..) = filled().await;
    let other = vault_of(&store, &MasterKey::generate().unwrap(), MONTH);
    assert!(matches!(other.find(&tenant("acme"), OBJECT).await, Err(VaultError::Locked)));
    assert!(matches!(other.begin(&tenant("acme"), CONVERSATION).await, Err(VaultError::Locked)));
}

/// A row opens in its own place alone: changed by SQL, each of its columns makes
/// it unreadable, and a row that was taken out is missed.
#[tokio::test]
async fn a_row_that_was_moved_changed_or_removed_is_refused() {
    let moves = [
        "UPDATE vault_object SET tenant = 'other', key_id = (SELECT key_id FROM vault_key WHERE tenant = 'other') \
         WHERE tenant = 'acme'",
        "UPDATE vault_object SET object_id = 'resp_2' WHERE tenant = 'acme'",
        "UPDATE vault_object SET mapping = (SELECT mapping FROM vault_object WHERE tenant = 'other') \
         WHERE tenant = 'acme'",
        "UPDATE vault_object SET expires_at_s = expires_at_s + 1 WHERE tenant = 'acme'",
        "UPDATE vault_object SET sealed = (SELECT sealed FROM vault_object WHERE tenant = 'other') \
         WHERE tenant = 'acme'",
        "UPDATE vault_token SET token = '[PERSON_7KQ3]' WHERE token = '[PERSON_7KQ2]' AND tenant = 'acme'",
        "UPDATE vault_token AS row SET sealed = other.sealed FROM vault_token AS other \
         WHERE row.mapping = other.mapping AND row.token <> other.token AND row.tenant = 'acme'",
        "UPDATE vault_token AS row SET sealed = other.sealed FROM vault_token AS other \
         WHERE row.tenant = 'acme' AND other.tenant = 'other' AND row.token = other.token",
        "UPDATE vault_token SET tenant = 'other' WHERE tenant = 'acme' AND token = '[PERSON_7KQ2]'",
        "UPDATE vault_token SET key_id = gen_random_uuid() WHERE tenant = 'acme' AND token = '[PERSON_7KQ2]'",
        "DELETE FROM vault_token WHERE tenant = 'acme' AND token = '[PERSON_7KQ2]'",
    ];
    for sql in moves {
        let (store, _, vault) = filled().await;
        fill(&vault, "other", "resp_9").await;
        assert!(run(&store, sql).await > 0, "{sql}");
        let (mut refused, mut found) = (0, 0);
        for (name, object) in [("acme", OBJECT), ("acme", "resp_2"), ("other", OBJECT)] {
            match vault.find(&tenant(name), object).await {
                Err(VaultError::Altered) => refused += 1,
                Ok(answer) => found += usize::from(answer.is_some()),
                Err(error) => panic!("{sql}: {error}"),
            }
        }
        assert_eq!((refused, found), (1, 0), "{sql}");
    }
}

/// Whoever puts one tenant's key row in another's place gains nothing.
#[tokio::test]
async fn a_data_key_of_another_tenant_is_refused() {
    let (store, _, vault) = filled().await;
    run(&store, "UPDATE vault_object SET tenant = 'other'").await;
    run(&store, "UPDATE vault_token SET tenant = 'other'").await;
    run(&store, "UPDATE vault_key SET tenant = 'other'").await;
    assert!(matches!(vault.find(&tenant("other"), OBJECT).await, Err(VaultError::Locked)));
}

#[tokio::test]
async fn what_has_expired_is_not_found_and_swept_away() {
    let (store, master, vault) = filled().await;
    vault_of(&store, &master, Duration::ZERO)
        .keep(&vault.begin(&tenant("acme"), CONVERSATION).await.unwrap(), "resp_old", kept(0))
        .await
        .unwrap();
    assert!(vault.find(&tenant("acme"), "resp_old").await.unwrap().is_none());
    assert_eq!(vault.sweep().await.unwrap(), Swept { objects: 1, tokens: 0 });
    run(&store, "UPDATE vault_object SET expires_at_s = 1").await;
    run(&store, "UPDATE vault_token SET expires_at_s = 1").await;
    assert!(vault.find(&tenant("acme"), OBJECT).await.unwrap().is_none());
    assert_eq!(vault.sweep().await.unwrap(), Swept { objects: 1, tokens: 2 });
    assert_eq!(vault.sweep().await.unwrap(), Swept::default());
}

async fn erase(vault: &Vault) -> Result<Option<Erased>, VaultError> {
    vault.erase(&tenant("acme"), async |_| Ok(())).await
}

/// No erasure is without a record: it is told before anything goes, and what
/// cannot be recorded is not erased.
#[tokio::test]
async fn what_cannot_be_recorded_is_not_erased() {
    let (_store, _master, vault) = filled().await;
    let mut told = None;
    let refused: Result<_, VaultError> = vault
        .erase(&tenant("acme"), async |erased| {
            told = Some((erased, vault.find(&tenant("acme"), OBJECT).await.unwrap().is_some()));
            Err(VaultError::Raced)
        })
        .await;
    assert!(matches!(refused, Err(VaultError::Raced)), "{refused:?}");
    assert_eq!(told, Some((Erased { objects: 1, tokens: 2 }, true)), "the key is there while the record is written");
    assert!(vault.find(&tenant("acme"), OBJECT).await.unwrap().is_some());
}

/// L48: erasing destroys the key; the rows stay until the sweep, and nothing
/// opens them.
#[tokio::test]
async fn an_erased_tenant_has_nothing_left_in_any_process() {
    let (store, master, vault) = filled().await;
    let other_process = vault_of(&store, &master, MONTH);
    let running = other_process.find(&tenant("acme"), OBJECT).await.unwrap().unwrap();
    assert_eq!(erase(&vault).await.unwrap(), Some(Erased { objects: 1, tokens: 2 }));
    assert_eq!(erase(&vault).await.unwrap(), None);
    assert!(other_process.find(&tenant("acme"), OBJECT).await.unwrap().is_none());
    // A request that was running then can keep nothing under the old key.
    let late = other_process.keep_tokens(&running.mapping, &[token("[PERSON_AAAA]", "Late")]).await;
    assert!(matches!(late, Err(VaultError::Erased)));
    let late = other_process.keep(&running.mapping, "resp_2", kept(2)).await;
    assert!(matches!(late, Err(VaultError::Erased)));
    // A new key begins anew, also under an id that was used before.
    fill(&other_process, "acme", OBJECT).await;
    assert!(vault.find(&tenant("acme"), OBJECT).await.unwrap().is_some());
    assert_eq!(vault.sweep().await.unwrap(), Swept { objects: 0, tokens: 2 });
}

#[tokio::test]
async fn replicas_that_make_a_key_at_once_agree_on_it() {
    let (store, master) = (fresh_store().await, MasterKey::generate().unwrap());
    let begun = (0..16).map(|_| {
        let vault = vault_of(&store, &master, MONTH);
        async move { vault.begin(&tenant("acme"), CONVERSATION).await.unwrap().key.id }
    });
    let mut ids = futures_util::future::join_all(begun).await;
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

/// L22: what a conversation adds is found with what it had; an equal token for
/// another value is told.
#[tokio::test]
async fn a_continued_conversation_adds_to_its_tokens() {
    let (store, _, vault) = filled().await;
    let running = vault.find(&tenant("acme"), OBJECT).await.unwrap().unwrap();
    run(&store, "UPDATE vault_token SET expires_at_s = 1").await;
    vault.keep_tokens(&running.mapping, &[token("[PERSON_AAAA]", "Ana"), tokens()[0].clone()]).await.unwrap();
    vault.keep(&running.mapping, "resp_2", kept(3)).await.unwrap();
    let raced = vault.keep_tokens(&running.mapping, &[token("[PERSON_AAAA]", "Anna")]).await;
    assert!(matches!(raced, Err(VaultError::Raced)));
    assert_eq!(vault.find(&tenant("acme"), "resp_2").await.unwrap().unwrap().tokens.len(), 3);
    assert_eq!(vault.sweep().await.unwrap(), Swept::default(), "old tokens live as long as the new answer");
}

#[tokio::test]
async fn an_answer_is_not_replaced_by_another_of_its_id() {
    let (_store, _, vault) = filled().await;
    let mapping = vault.begin(&tenant("acme"), CONVERSATION).await.unwrap();
    assert!(matches!(vault.keep(&mapping, OBJECT, kept(0)).await, Err(VaultError::Taken)));
}

#[tokio::test]
async fn a_forgotten_answer_takes_its_tokens_along_unless_another_needs_them() {
    let (store, _, vault) = filled().await;
    let running = vault.find(&tenant("acme"), OBJECT).await.unwrap().unwrap();
    vault.keep(&running.mapping, "resp_2", kept(2)).await.unwrap();
    assert!(vault.forget(&tenant("acme"), OBJECT).await.unwrap());
    assert!(!vault.forget(&tenant("acme"), OBJECT).await.unwrap());
    assert_eq!(vault.find(&tenant("acme"), "resp_2").await.unwrap().unwrap().tokens.len(), 2);
    assert!(vault.forget(&tenant("acme"), "resp_2").await.unwrap());
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM vault_token").fetch_one(&store.pool).await.unwrap();
    assert_eq!(left, 0);
}

/// L41: no column and no error holds a value, a host or a name of a provider.
#[tokio::test]
async fn the_tables_hold_nothing_in_the_clear() {
    let (store, master, vault) = filled().await;
    for table in ["vault_key", "vault_token", "vault_object"] {
        let sql = format!("SELECT convert_to(t::text, 'UTF8') FROM {table} AS t");
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&store.pool).await.unwrap();
        assert!(!rows.is_empty());
        let text = String::from_utf8(rows.concat()).unwrap().to_lowercase();
        let sought = [
            "planted".to_owned(),
            data_encoding::HEXLOWER.encode(b"Planted"),
            data_encoding::HEXLOWER.encode(b"PLANTED"),
            data_encoding::HEXLOWER.encode(b"planted"),
            data_encoding::HEXLOWER.encode(b"openai"),
            data_encoding::HEXLOWER.encode(&master.derive("vault key wrapping")),
        ];
        for value in sought {
            assert!(!text.contains(&value), "{table} holds {value}");
        }
    }
    let status = vault.status().await.unwrap();
    assert_eq!((status.len(), status[0].objects, status[0].tokens), (1, 1, 2));
    assert!(!format!("{:?}{status:?}", tokens()).to_lowercase().contains("planted"));
}

#[tokio::test]
async fn a_vault_that_is_gone_says_so() {
    let (store, _, vault) = filled().await;
    store.pool.close().await;
    assert!(matches!(vault.find(&tenant("acme"), OBJECT).await, Err(VaultError::Unavailable(_))));
    assert!(matches!(vault.begin(&tenant("acme"), CONVERSATION).await, Err(VaultError::Unavailable(_))));
}

/// Two requests at once: one goes on from an answer that the other deletes.
#[tokio::test]
async fn an_answer_whose_tokens_are_gone_is_not_kept() {
    let (_store, _, vault) = filled().await;
    let running = vault.find(&tenant("acme"), OBJECT).await.unwrap().unwrap();
    vault.forget(&tenant("acme"), OBJECT).await.unwrap();
    let kept = vault.keep(&running.mapping, "resp_2", kept(2)).await;
    assert!(matches!(kept, Err(VaultError::Raced)), "{kept:?}");
    assert!(vault.find(&tenant("acme"), "resp_2").await.unwrap().is_none());
    assert!(vault.find(&tenant("acme"), "resp\u{0}").await.unwrap().is_none());
}
