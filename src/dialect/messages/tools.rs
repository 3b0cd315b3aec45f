//! What stands where in a tool: the caller's own, or one that Anthropic runs.

use super::super::rules::{Kind, Rule, Tree};
use super::blocks::CACHE;

use Kind::{Identifier, OneOf, Schema, Structure, Text};

/// Adds the rules of all places of tools.
pub(super) fn with_tools(tree: Tree) -> Tree {
    // Those that are there from the start, and those that a conversation adds.
    let places =
        ["tools[]", "messages[].content[].tool.definition", "messages[].content[].tool_changes[].tool.definition"];
    places.into_iter().fold(tree, |tree, place| tree.with(place, TOOL).with(place, CACHE).with(place, FETCHES))
}

const TOOL: &[Rule] = &[
    ("type", OneOf(TOOL_TYPES)),
    ("name", Identifier),
    ("description", Text),
    ("input_schema", Schema),
    ("input_examples", Text),
    ("strict", Structure),
    ("defer_loading", Structure),
    ("eager_input_streaming", Structure),
    (
        "allowed_callers[]",
        OneOf(&["direct", "code_execution_20250825", "code_execution_20260120", "code_execution_20260521"]),
    ),
    ("configs.*.enabled", Structure),
    ("configs.*.defer_loading", Structure),
    ("default_config.enabled", Structure),
    ("default_config.defer_loading", Structure),
    ("mcp_server_name", Identifier),
    ("tools[].name", Identifier),
    ("tools[].description", Text),
    ("tools[].input_schema", Schema),
    ("display_width_px", Structure),
    ("display_height_px", Structure),
    ("display_number", Structure),
    ("enable_zoom", Structure),
    ("max_characters", Structure),
    ("max_tokens", Structure),
    ("model", Identifier),
    ("caching.type", OneOf(&["ephemeral"])),
    ("caching.ttl", OneOf(&["5m", "1h"])),
];

/// What tools that search and fetch are bounded by.
const FETCHES: &[Rule] = &[
    ("max_uses", Structure),
    ("max_content_tokens", Structure),
    ("allowed_domains", Text),
    ("blocked_domains", Text),
    ("citations.enabled", Structure),
    ("use_cache", Structure),
    ("response_inclusion", OneOf(&["full", "excluded"])),
    ("user_location.type", OneOf(&["approximate"])),
    ("url_sources.user_input.type", OneOf(SOURCES)),
    ("url_sources.client_tool_results.type", OneOf(SOURCES)),
    ("url_sources.client_tool_results.tools[].type", OneOf(&["tool_reference"])),
    ("url_sources.client_tool_results.tools[].name", Identifier),
    ("url_sources.server_tool_results.type", OneOf(SOURCES)),
    ("url_sources.server_tool_results.tools[].type", OneOf(&["tool_reference"])),
    ("url_sources.server_tool_results.tools[].name", Identifier),
];

const SOURCES: &[&str] = &["all", "none", "only", "except"];

const TOOL_TYPES: &[&str] = &[
    "advisor_20260301",
    "bash_20241022",
    "bash_20250124",
    "browser_toolset_20260801",
    "code_execution_20250522",
    "code_execution_20250825",
    "code_execution_20260120",
    "code_execution_20260521",
    "computer_20241022",
    "computer_20250124",
    "computer_20251124",
    "computer_toolset_20260801",
    "custom",
    "mcp_toolset",
    "memory_20250818",
    "text_editor_20241022",
    "text_editor_20250124",
    "text_editor_20250429",
    "text_editor_20250728",
    "tool_search_tool_bm25",
    "tool_search_tool_bm25_20251119",
    "tool_search_tool_regex",
    "tool_search_tool_regex_20251119",
    "web_fetch_20250910",
    "web_fetch_20260209",
    "web_fetch_20260309",
    "web_fetch_20260318",
    "web_search_20250305",
    "web_search_20260209",
    "web_search_20260318",
];
