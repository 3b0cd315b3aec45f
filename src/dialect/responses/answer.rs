//! What stands where in an answer, in a list of its items, and in each event of a
//! streamed one.

use super::super::rules::{Kind, Rule, Tree};

use Kind::{Delta, End, Failure, Json, LogProbs, Output, PartEnd, Signature, Structure};

/// The strings of an answer. Where no rule says otherwise a value is put back.
pub(super) fn tree() -> Tree {
    let places = ["output[]", "response.output[]", "item", "data[]"];
    let tree = Tree::new(RESPONSE).with("response", ENVELOPE).with("", ENVELOPE).with("part", PART);
    places.into_iter().fold(tree, |tree, place| tree.with(place, ITEM))
}

const ENVELOPE: &[Rule] = &[
    ("id", Structure),
    ("object", Structure),
    ("status", Structure),
    ("model", Structure),
    ("previous_response_id", Structure),
];

const ITEM: &[Rule] = &[
    ("id", Structure),
    ("call_id", Structure),
    ("status", Structure),
    ("role", Structure),
    ("encrypted_content", Signature),
    ("arguments", Json),
    ("<image_generation_call>.result", Structure),
    ("content[]<output_text>.text", Output),
    ("content[].logprobs", LogProbs),
];

const PART: &[Rule] = &[("<output_text>.text", Output), ("logprobs", LogProbs)];

/// Events name the item and the part of it that they continue by numbers.
pub(super) const PART_FIELDS: &[&str] = &["output_index", "content_index", "summary_index", "command_index"];

const RESPONSE: &[Rule] = &[
    ("item_id", Structure),
    ("obfuscation", Structure),
    ("logprobs", LogProbs),
    ("partial_image_b64", Structure),
    ("<response.audio.delta>.delta", Structure),
    ("<response.output_text.delta>", Delta),
    ("<response.output_text.delta>.delta", Output),
    ("<response.output_text.done>", PartEnd),
    ("<response.output_text.done>.text", Output),
    ("<response.refusal.delta>", Delta),
    ("<response.refusal.done>", PartEnd),
    ("<response.reasoning_text.delta>", Delta),
    ("<response.reasoning_text.done>", PartEnd),
    ("<response.reasoning_summary_text.delta>", Delta),
    ("<response.reasoning_summary_text.done>", PartEnd),
    ("<response.function_call_arguments.delta>", Delta),
    ("<response.function_call_arguments.delta>.delta", Json),
    ("<response.function_call_arguments.done>", PartEnd),
    ("<response.function_call_arguments.done>.arguments", Json),
    ("<response.mcp_call_arguments.delta>", Delta),
    ("<response.mcp_call_arguments.delta>.delta", Json),
    ("<response.mcp_call_arguments.done>", PartEnd),
    ("<response.mcp_call_arguments.done>.arguments", Json),
    ("<response.custom_tool_call_input.delta>", Delta),
    ("<response.custom_tool_call_input.done>", PartEnd),
    ("<response.code_interpreter_call_code.delta>", Delta),
    ("<response.code_interpreter_call_code.done>", PartEnd),
    ("<response.shell_call_command.delta>", Delta),
    ("<response.shell_call_command.done>", PartEnd),
    ("<response.shell_call_output_content.delta>", Delta),
    ("<response.shell_call_output_content.done>", PartEnd),
    ("<response.apply_patch_call_operation_diff.delta>", Delta),
    ("<response.apply_patch_call_operation_diff.done>", PartEnd),
    ("<response.audio.transcript.delta>", Delta),
    ("<response.audio.transcript.done>", PartEnd),
    ("<response.content_part.done>", PartEnd),
    ("<response.reasoning_summary_part.done>", PartEnd),
    ("<response.output_item.done>", PartEnd),
    ("<response.completed>", End),
    ("<response.incomplete>", End),
    ("<response.failed>", Failure),
    ("<error>", Failure),
];
