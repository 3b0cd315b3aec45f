//! Ids and names as they stand in a record.

use serde::Serializer;
use uuid::Uuid;

use crate::tenant::Role;
use crate::tenant::keys::KeyId;

pub(super) fn id<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&id.hyphenated())
}

pub(super) fn optional_id<S: Serializer>(optional: &Option<Uuid>, serializer: S) -> Result<S::Ok, S::Error> {
    match optional {
        Some(present) => id(present, serializer),
        None => serializer.serialize_none(),
    }
}

pub(super) fn key<S: Serializer>(key: &KeyId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.as_str())
}

pub(super) fn role<S: Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.as_str())
}
