//! What stands where in an answer, and in each event of a streamed one.

use super::super::rules::{Kind, Rule, Tree};

use Kind::{Begun, Delta, End, Failure, Json, Output, PartEnd, Signature, Structure, Whole};

/// The strings of an answer. Where no rule says otherwise a value is put back.
pub(super) fn tree() -> Tree {
    let messages = ["", "message"];
    let blocks = ["content[]", "message.content[]", "content_block"];
    let tree = messages.into_iter().fold(Tree::new(EVENT), |tree, place| tree.with(place, MESSAGE));
    blocks.into_iter().fold(tree, |tree, place| tree.with(place, BLOCK))
}

/// Events name the content block that they continue by its number.
pub(super) const PART_FIELDS: &[&str] = &["index"];

const MESSAGE: &[Rule] = &[("id", Structure), ("model", Structure), ("role", Structure), ("stop_reason", Structure)];

/// A content block. What only the provider can read, it wants back with what stands
/// around it.
const BLOCK: &[Rule] = &[
    ("id", Structure),
    ("tool_use_id", Structure),
    ("<text>.text", Output),
    ("signature", Signature),
    ("<redacted_thinking>.data", Signature),
    ("encrypted_content", Signature),
    ("citations[].encrypted_index", Signature),
    ("content.encrypted_content", Signature),
    ("content.encrypted_stdout", Signature),
    ("content[].encrypted_content", Signature),
];

const EVENT: &[Rule] = &[
    ("content_block", Begun),
    ("<content_block_delta>.delta", Delta),
    ("<content_block_delta>.delta.type", Structure),
    ("<content_block_delta>.delta<text_delta>.text", Output),
    ("<content_block_delta>.delta<input_json_delta>.partial_json", Json),
    ("<content_block_delta>.delta.signature", Signature),
    ("<content_block_delta>.delta.encrypted_content", Signature),
    ("<content_block_delta>.delta<compaction_delta>.content", Whole),
    ("<content_block_delta>.delta.citation", Whole),
    ("<content_block_delta>.delta.citation.encrypted_index", Signature),
    ("<content_block_stop>", PartEnd),
    ("<message_delta>.delta.stop_reason", Structure),
    ("<message_stop>", End),
    ("<error>", Failure),
];
