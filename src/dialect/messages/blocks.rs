//! What stands where in a content block of a request. Blocks stand in several
//! places, and most kinds of them in some of those only.

use super::super::rules::{Kind, Media, Rule, Tree};

use Kind::{Identifier, OneOf, Schema, Signature, Structure, Text, ToolOutput, Unscannable};

/// Adds the rules of all places of content blocks.
pub(super) fn with_blocks(tree: Tree) -> Tree {
    let texts = [
        "system[]",
        "messages[].content[]",
        // What a tool returned, or a search found.
        "messages[].content[].content[]",
        "messages[].content[].content[].content[]",
        // Documents made of blocks: a user's, a tool's, one that was fetched.
        "messages[].content[].source.content[]",
        "messages[].content[].content[].source.content[]",
        "messages[].content[].content.content.source.content[]",
    ];
    let documents = ["messages[].content[]", "messages[].content[].content[]", "messages[].content[].content.content"];
    // A system prompt and what a search found are texts alone.
    let pictures = [&texts[1..3], &texts[4..]].concat();
    let found = ["messages[].content[]", "messages[].content[].content[]"];
    let tree = texts.into_iter().fold(tree, |tree, place| tree.with(place, TEXT).with(place, CACHE));
    let tree = pictures.into_iter().fold(tree, |tree, place| tree.with(place, IMAGE));
    let tree = documents.into_iter().fold(tree, |tree, place| tree.with(place, DOCUMENT));
    let tree = found.into_iter().fold(tree, |tree, place| tree.with(place, SEARCH_RESULT));
    tree.with("messages[].content[].content.content", &[("type", OneOf(&["document"]))])
        .with("messages[].content[].content.content", CACHE)
        .with("messages[].content[]", BLOCK)
        .with("messages[].content[].tool_changes[]", CACHE)
        .with("messages[].content[].content[]", RESULT_BLOCK)
        .with("messages[].content[].content", SERVER_RESULT)
        .with("messages[].content[].content.tool_references[]", CACHE)
}

/// Marks of what is to be cached.
pub(super) const CACHE: &[Rule] =
    &[("cache_control.type", OneOf(&["ephemeral"])), ("cache_control.ttl", OneOf(&["5m", "1h"]))];

/// A text and what it cites. What the provider found is signed by it.
const TEXT: &[Rule] = &[
    ("type", OneOf(BLOCK_TYPES)),
    ("text", Text),
    (
        "citations[].type",
        OneOf(&[
            "char_location",
            "page_location",
            "content_block_location",
            "search_result_location",
            "web_search_result_location",
        ]),
    ),
    ("citations[].cited_text", Text),
    ("citations[].document_index", Structure),
    ("citations[].start_char_index", Structure),
    ("citations[].end_char_index", Structure),
    ("citations[].start_page_number", Structure),
    ("citations[].end_page_number", Structure),
    ("citations[].start_block_index", Structure),
    ("citations[].end_block_index", Structure),
    ("citations[].search_result_index", Structure),
    ("citations[].encrypted_index", Signature),
];

const IMAGE: &[Rule] = &[
    ("<image>.source", Unscannable(Media::Image)),
    ("transformations.oversized_image", OneOf(&["downsize", "error"])),
];

/// A document: of a format of its own, or plain text.
const DOCUMENT: &[Rule] = &[
    ("<document>", ToolOutput),
    ("source.type", OneOf(&["base64", "text", "content", "url", "file"])),
    ("source.media_type", OneOf(&["application/pdf", "text/plain"])),
    ("source<base64>.data", Unscannable(Media::File)),
    ("source<text>.data", Text),
    ("source<url>.url", Unscannable(Media::File)),
    ("source<file>.file_id", Unscannable(Media::File)),
    ("source.content", Text),
    ("title", Text),
    ("context", Text),
    ("citations.enabled", Structure),
];

/// What an application found for a model to cite. Others may have written it.
const SEARCH_RESULT: &[Rule] = &[("<search_result>", ToolOutput), ("<search_result>.source", Text)];

const BLOCK_TYPES: &[&str] = &[
    "advisor_tool_result",
    "bash_code_execution_output",
    "bash_code_execution_tool_result",
    "browser_state",
    "code_execution_output",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "document",
    "fallback",
    "image",
    "mcp_tool_listing",
    "mcp_tool_result",
    "mcp_tool_use",
    "redacted_thinking",
    "search_result",
    "server_tool_use",
    "text",
    "text_editor_code_execution_tool_result",
    "thinking",
    "tool_addition",
    "tool_reference",
    "tool_removal",
    "tool_result",
    "tool_search_tool_result",
    "tool_use",
    "web_fetch_tool_result",
    "web_search_result",
    "web_search_tool_result",
];

/// A block of a message beside texts, images and documents. The input of a tool is
/// the caller's at any depth.
const BLOCK: &[Rule] = &[
    ("<tool_result>", ToolOutput),
    ("thinking", Text),
    ("signature", Signature),
    ("<redacted_thinking>.data", Signature),
    ("encrypted_content", Signature),
    ("id", Identifier),
    ("name", Identifier),
    ("input", Text),
    ("tool_use_id", Identifier),
    ("toolset_name", Identifier),
    ("server_name", Identifier),
    ("mcp_server_name", Identifier),
    ("caller.type", OneOf(&["direct", "code_execution_20250825", "code_execution_20260120"])),
    ("caller.tool_id", Identifier),
    ("content", Text),
    ("is_error", Structure),
    ("file_id", Unscannable(Media::File)),
    ("from.model", Identifier),
    ("to.model", Identifier),
    ("tools[].name", Identifier),
    ("tools[].description", Text),
    ("tools[].input_schema", Schema),
    ("tool.type", OneOf(REFERENCES)),
    ("tool.name", Identifier),
    ("tool.server_name", Identifier),
    ("tool_changes[].type", OneOf(&["tool_addition", "tool_removal"])),
    ("tool_changes[].tool.type", OneOf(REFERENCES)),
    ("tool_changes[].tool.name", Identifier),
    ("tool_changes[].tool.server_name", Identifier),
];

const REFERENCES: &[&str] = &["tool_reference", "mcp_tool_reference", "mcp_toolset_reference", "tool_definition"];

/// A block of what a tool returned: found on the web, run in a container, seen in a
/// browser, or a tool.
const RESULT_BLOCK: &[Rule] = &[
    ("title", Text),
    ("encrypted_content", Signature),
    ("tool_name", Identifier),
    ("tabs[].active", Structure),
    ("tabs[].tab_id", Identifier),
    ("state_changes[].type", OneOf(&["tab_opened", "download_started", "download_completed", "download_failed"])),
    ("state_changes[].tab_id", Identifier),
    ("state_changes[].download_id", Identifier),
    ("state_changes[].size_bytes", Structure),
];

/// What a tool of the provider's returned.
const SERVER_RESULT: &[Rule] = &[
    (
        "type",
        OneOf(&[
            "advisor_redacted_result",
            "advisor_result",
            "advisor_tool_result_error",
            "bash_code_execution_result",
            "bash_code_execution_tool_result_error",
            "code_execution_result",
            "code_execution_tool_result_error",
            "encrypted_code_execution_result",
            "text_editor_code_execution_create_result",
            "text_editor_code_execution_str_replace_result",
            "text_editor_code_execution_tool_result_error",
            "text_editor_code_execution_view_result",
            "tool_search_tool_result_error",
            "tool_search_tool_search_result",
            "web_fetch_result",
            "web_fetch_tool_result_error",
            "web_search_tool_result_error",
        ]),
    ),
    ("error_code", Identifier),
    ("stop_reason", Identifier),
    ("text", Text),
    ("stdout", Text),
    ("stderr", Text),
    ("encrypted_content", Signature),
    ("encrypted_stdout", Signature),
    ("return_code", Structure),
    ("content", Text),
    ("content[].type", OneOf(BLOCK_TYPES)),
    ("content[].file_id", Identifier),
    ("file_type", OneOf(&["text", "image", "pdf"])),
    ("is_file_update", Structure),
    ("num_lines", Structure),
    ("start_line", Structure),
    ("total_lines", Structure),
    ("new_lines", Structure),
    ("new_start", Structure),
    ("old_lines", Structure),
    ("old_start", Structure),
    ("tool_references[].type", OneOf(BLOCK_TYPES)),
    ("tool_references[].tool_name", Identifier),
];
