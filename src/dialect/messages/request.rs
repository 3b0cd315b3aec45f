//! What stands where in a request, around its content blocks and tools.

use super::super::rules::{Kind, Rule, Tree};
use super::blocks::{self, CACHE};
use super::tools;

use Kind::{Checked, Identifier, Message, Name, OneOf, Schema, Structure, Text};

/// The strings of a request.
pub(super) fn tree() -> Tree {
    let tree = Tree::new(REQUEST).with("", CACHE);
    tools::with_tools(blocks::with_blocks(tree))
}

const EFFORTS: &[&str] = &["low", "medium", "high", "xhigh", "max"];

const REQUEST: &[Rule] = &[
    ("model", Checked),
    ("max_tokens", Structure),
    ("stream", Structure),
    ("temperature", Structure),
    ("top_p", Structure),
    ("top_k", Structure),
    ("system", Text),
    ("messages[]", Message),
    ("messages[].role", OneOf(&["user", "assistant", "system"])),
    ("messages[].content", Text),
    ("messages[].clear_at", OneOf(&["never", "next_user_message"])),
    ("messages[].output_config.effort", OneOf(EFFORTS)),
    ("stop_sequences", Text),
    ("metadata.user_id", Name),
    ("service_tier", OneOf(&["auto", "standard_only"])),
    ("speed", OneOf(&["standard", "fast"])),
    ("billing_policy.type", OneOf(&["billing_policy"])),
    ("billing_policy.bill_to", OneOf(&["self", "user_profile"])),
    ("diagnostics.previous_message_id", Identifier),
    ("thinking.type", OneOf(&["enabled", "disabled", "adaptive", "between_tools"])),
    ("thinking.budget_tokens", Structure),
    ("thinking.display", OneOf(&["summarized", "omitted", "updates"])),
    ("thinking.block_binding.prefix_mismatch_behavior", OneOf(&["drop_block", "error"])),
    ("output_config.effort", OneOf(EFFORTS)),
    ("output_config.format.type", OneOf(&["json_schema"])),
    ("output_config.format.schema", Schema),
    ("output_config.task_budget.type", OneOf(&["tokens"])),
    ("output_config.task_budget.total", Structure),
    ("output_config.task_budget.remaining", Structure),
    ("tool_choice.type", OneOf(&["auto", "any", "tool", "none"])),
    ("tool_choice.name", Identifier),
    ("tool_choice.disable_parallel_tool_use", Structure),
    ("container", Identifier),
    ("container.id", Identifier),
    ("container.skills[].type", OneOf(&["anthropic", "custom"])),
    ("container.skills[].skill_id", Identifier),
    ("container.skills[].version", Identifier),
    // The key that is passed on to a server and its address are values like any
    // other.
    ("mcp_servers[].type", OneOf(&["url"])),
    ("mcp_servers[].name", Identifier),
    ("mcp_servers[].url", Text),
    ("mcp_servers[].tool_configuration.allowed_tools[]", Identifier),
    ("mcp_servers[].tool_configuration.enabled", Structure),
    ("compaction.type", OneOf(&["summarize"])),
    ("compaction.instructions", Text),
    (
        "context_management.edits[].type",
        OneOf(&["clear_tool_uses_20250919", "clear_thinking_20251015", "compact_20260112"]),
    ),
    ("context_management.edits[].trigger.type", OneOf(MEASURES)),
    ("context_management.edits[].trigger.value", Structure),
    ("context_management.edits[].keep", OneOf(&["all"])),
    ("context_management.edits[].keep.type", OneOf(&["tool_uses", "thinking_turns", "all"])),
    ("context_management.edits[].keep.value", Structure),
    ("context_management.edits[].clear_at_least.type", OneOf(MEASURES)),
    ("context_management.edits[].clear_at_least.value", Structure),
    ("context_management.edits[].clear_tool_inputs", Structure),
    ("context_management.edits[].clear_tool_inputs[]", Identifier),
    ("context_management.edits[].exclude_tools[]", Identifier),
    ("context_management.edits[].instructions", Text),
    ("context_management.edits[].pause_after_compaction", Structure),
];

/// What a conversation's length is measured in.
const MEASURES: &[&str] = &["input_tokens", "tool_uses"];
