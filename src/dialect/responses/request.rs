//! What stands where in a request.

use super::super::rules::{Kind, Media, Rule, Tree};

use Kind::{Checked, Identifier, Json, Message, Name, OneOf, Prompt, Schema, Signature, Structure, Text, Unscannable};

/// The strings of a request. Tools and parts of messages stand in several places.
pub(super) fn tree() -> Tree {
    Tree::new(REQUEST)
        .with("text.format", FORMAT)
        .with("input[]", ITEM)
        .with("input[].text.format", FORMAT)
        .with("input[].content[]", PART)
        .with("input[].content[]", OUTPUT_PART)
        .with("input[].output[]", PART)
        .with("prompt.variables.*", PART)
        .with("tools[]", FUNCTION)
        .with("tools[]", TOOL)
        .with("tools[].tools[]", FUNCTION)
        .with("input[].tools[]", FUNCTION)
        .with("input[].tools[]", TOOL)
        .with("input[].tools[].tools[]", FUNCTION)
}

/// How much thought a model gives.
const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const SUMMARIES: &[&str] = &["auto", "concise", "detailed"];
/// How long a provider may keep what it has cached of a prompt.
const CACHE_TIMES: &[&str] = &["30m", "12h"];
const MODERATIONS: &[&str] = &["score", "block"];
const TOOL_TYPES: &[&str] = &[
    "additional_tools",
    "allowed_tools",
    "apply_patch",
    "code_interpreter",
    "computer",
    "computer_use",
    "computer_use_preview",
    "custom",
    "file_search",
    "function",
    "image_generation",
    "local_shell",
    "mcp",
    "namespace",
    "programmatic_tool_calling",
    "shell",
    "tool_search",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
];
const IMAGE_QUALITIES: &[&str] = &["low", "medium", "high", "xhigh", "max", "auto"];
const IMAGE_FORMATS: &[&str] = &["png", "webp", "jpeg", "gif", "svg"];
const IMAGE_SIZES: &[&str] = &["1024x1024", "1024x1536", "1536x1024", "auto"];
const IMAGE_ACTIONS: &[&str] = &["generate", "edit", "auto"];
const IMAGE_BACKGROUNDS: &[&str] = &["transparent", "opaque", "auto"];
const EXECUTIONS: &[&str] = &["server", "client"];

const REQUEST: &[Rule] = &[
    ("model", Checked),
    ("input", Text),
    ("input[]", Message),
    ("instructions", Text),
    ("previous_response_id", Checked),
    ("conversation", Checked),
    ("conversation.id", Checked),
    ("store", Structure),
    ("stream", Structure),
    ("stream_options.include_obfuscation", Structure),
    ("background", Structure),
    ("background_options.completion_window", OneOf(&["soonest", "2h", "8h"])),
    ("background_options.continuation_id", Name),
    ("temperature", Structure),
    ("top_p", Structure),
    ("top_logprobs", Structure),
    ("max_output_tokens", Structure),
    ("max_tool_calls", Structure),
    ("parallel_tool_calls", Structure),
    ("personality", OneOf(&["friendly", "pragmatic"])),
    ("truncation", OneOf(&["auto", "disabled"])),
    ("context_management[].type", OneOf(&["compaction"])),
    ("context_management[].compact_threshold", Structure),
    (
        "include[]",
        OneOf(&[
            "code_interpreter_call.outputs",
            "computer_call_output.output.image_url",
            "file_search_call.results",
            "message.input_image.image_url",
            "message.output_text.logprobs",
            "reasoning.encrypted_content",
            "web_search_call.action.sources",
            "web_search_call.results",
        ]),
    ),
    ("reasoning.effort", OneOf(EFFORTS)),
    ("reasoning.summary", OneOf(SUMMARIES)),
    ("reasoning.generate_summary", OneOf(SUMMARIES)),
    ("reasoning.context", OneOf(&["auto", "current_turn", "all_turns"])),
    ("reasoning.mode", OneOf(&["standard", "pro"])),
    ("text.verbosity", OneOf(&["low", "medium", "high"])),
    ("tool_choice", OneOf(&["none", "auto", "required"])),
    ("tool_choice.type", OneOf(TOOL_TYPES)),
    ("tool_choice.mode", OneOf(&["auto", "required"])),
    ("tool_choice.name", Identifier),
    ("tool_choice.server_label", Identifier),
    ("tool_choice.tools[].type", OneOf(TOOL_TYPES)),
    ("tool_choice.tools[].name", Identifier),
    ("tool_choice.tools[].server_label", Identifier),
    ("prompt.id", Identifier),
    ("prompt.version", Identifier),
    ("prompt.variables.*", Text),
    ("metadata", Text),
    ("user", Name),
    ("safety_identifier", Name),
    ("prompt_cache_key", Name),
    ("prompt_cache_retention", OneOf(&["in_memory", "in-memory", "24h"])),
    ("prompt_cache_options.mode", OneOf(&["implicit", "explicit"])),
    ("prompt_cache_options.ttl", OneOf(CACHE_TIMES)),
    ("prompt_cache_options.prewarm", Structure),
    ("prompt_cache_options.comparison_response_id", Identifier),
    ("service_tier", OneOf(&["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"])),
    ("moderation.model", Identifier),
    ("moderation.policy.input.mode", OneOf(MODERATIONS)),
    ("moderation.policy.output.mode", OneOf(MODERATIONS)),
    ("access_programs.cyber", OneOf(&["standard", "daybreak_blue", "daybreak_red"])),
    ("image.context_compression", OneOf(&["auto", "enabled", "disabled"])),
];

/// The form of an answer's text.
const FORMAT: &[Rule] = &[
    ("type", OneOf(&["text", "json_object", "json_schema"])),
    ("name", Identifier),
    ("description", Text),
    ("schema", Schema),
    ("strict", Structure),
];

/// An item of the conversation. One without a `role` comes from a model or a tool.
const ITEM: &[Rule] = &[
    (
        "type",
        OneOf(&[
            "additional_tools",
            "apply_patch_call",
            "apply_patch_call_output",
            "code_interpreter_call",
            "compaction",
            "compaction_trigger",
            "computer_call",
            "computer_call_output",
            "configuration_update",
            "custom_tool_call",
            "custom_tool_call_output",
            "file_search_call",
            "function_call",
            "function_call_output",
            "image_generation_call",
            "item_reference",
            "local_shell_call",
            "local_shell_call_output",
            "mcp_approval_request",
            "mcp_approval_response",
            "mcp_call",
            "mcp_list_tools",
            "message",
            "program",
            "program_output",
            "reasoning",
            "shell_call",
            "shell_call_output",
            "tool_search_call",
            "tool_search_output",
            "web_search_call",
        ]),
    ),
    ("role", OneOf(&["user", "assistant", "system", "developer"])),
    ("id", Identifier),
    ("call_id", Identifier),
    ("approval_request_id", Identifier),
    ("container_id", Identifier),
    ("name", Identifier),
    ("namespace", Identifier),
    ("server_label", Identifier),
    ("fingerprint", Identifier),
    ("encrypted_content", Signature),
    (
        "status",
        OneOf(&[
            "in_progress",
            "completed",
            "incomplete",
            "searching",
            "interpreting",
            "generating",
            "calling",
            "failed",
        ]),
    ),
    ("phase", OneOf(&["commentary", "final_answer"])),
    ("execution", OneOf(EXECUTIONS)),
    ("async", Structure),
    ("approve", Structure),
    ("caller.type", OneOf(&["direct", "program"])),
    ("caller.caller_id", Identifier),
    ("arguments", Json),
    ("content", Text),
    ("output", Text),
    ("output.type", OneOf(&["computer_screenshot"])),
    ("output.image_url", Unscannable(Media::Image)),
    ("output.file_id", Unscannable(Media::Image)),
    ("output[].outcome.type", OneOf(&["exit", "timeout"])),
    ("output[].outcome.exit_code", Structure),
    ("outputs[].type", OneOf(&["logs", "image"])),
    ("outputs[].url", Unscannable(Media::Image)),
    ("summary[].type", OneOf(&["summary_text"])),
    (
        "action",
        // An image's; other calls have an object here.
        OneOf(IMAGE_ACTIONS),
    ),
    (
        "action.type",
        OneOf(&[
            "click",
            "double_click",
            "drag",
            "exec",
            "find_in_page",
            "keypress",
            "move",
            "open_page",
            "screenshot",
            "scroll",
            "search",
            "type",
            "wait",
        ]),
    ),
    ("action.button", OneOf(MOUSE_BUTTONS)),
    ("action.x", Structure),
    ("action.y", Structure),
    ("action.scroll_x", Structure),
    ("action.scroll_y", Structure),
    ("action.timeout_ms", Structure),
    ("action.max_output_length", Structure),
    ("action.sources[].type", OneOf(&["url"])),
    (
        "actions[].type",
        OneOf(&["click", "double_click", "drag", "keypress", "move", "screenshot", "scroll", "type", "wait"]),
    ),
    ("actions[].button", OneOf(MOUSE_BUTTONS)),
    ("actions[].x", Structure),
    ("actions[].y", Structure),
    ("actions[].scroll_x", Structure),
    ("actions[].scroll_y", Structure),
    ("max_output_length", Structure),
    ("operation.type", OneOf(&["create_file", "delete_file", "update_file"])),
    ("environment.type", OneOf(&["local", "container_reference"])),
    ("environment.container_id", Identifier),
    ("pending_safety_checks[].id", Identifier),
    ("pending_safety_checks[].code", Identifier),
    ("acknowledged_safety_checks[].id", Identifier),
    ("acknowledged_safety_checks[].code", Identifier),
    ("tools[].input_schema", Schema),
    ("results[].file_id", Identifier),
    ("results[].score", Structure),
    ("error.type", Identifier),
    ("error.code", Identifier),
    ("error.param", Identifier),
    ("error.moderation_details.categories[]", Identifier),
    ("error.moderation_details.moderation_stage", OneOf(&["input", "output", "unknown"])),
    ("result", Text),
    ("<image_generation_call>.result", Unscannable(Media::Image)),
    ("background", OneOf(IMAGE_BACKGROUNDS)),
    ("output_format", OneOf(IMAGE_FORMATS)),
    ("quality", OneOf(IMAGE_QUALITIES)),
    ("size", OneOf(IMAGE_SIZES)),
    ("reasoning.effort", OneOf(EFFORTS)),
    ("svg_usage.model", Identifier),
    ("svg_usage.input_tokens", Structure),
    ("svg_usage.output_tokens", Structure),
    ("svg_usage.reasoning_tokens", Structure),
    ("svg_usage.total_tokens", Structure),
];

const MOUSE_BUTTONS: &[&str] = &["left", "right", "wheel", "back", "forward"];

/// A part of a message, or of what a tool returned.
const PART: &[Rule] = &[
    (
        "type",
        OneOf(&[
            "input_text",
            "input_image",
            "input_audio",
            "input_file",
            "output_text",
            "refusal",
            "reasoning_text",
            "summary_text",
        ]),
    ),
    ("detail", OneOf(&["low", "high", "auto", "original"])),
    ("image_url", Unscannable(Media::Image)),
    ("<input_image>.file_id", Unscannable(Media::Image)),
    ("input_audio", Unscannable(Media::Audio)),
    ("file_id", Unscannable(Media::File)),
    ("file_data", Unscannable(Media::File)),
    ("file_url", Unscannable(Media::File)),
    ("prompt_cache_breakpoint.mode", OneOf(&["explicit"])),
    ("prompt_cache_breakpoint.ttl", OneOf(CACHE_TIMES)),
];

/// What a model adds to its own text.
const OUTPUT_PART: &[Rule] = &[
    ("annotations[].type", OneOf(&["file_citation", "url_citation", "container_file_citation", "file_path"])),
    ("annotations[].file_id", Identifier),
    ("annotations[].container_id", Identifier),
    ("annotations[].index", Structure),
    ("annotations[].start_index", Structure),
    ("annotations[].end_index", Structure),
    ("logprobs[].logprob", Structure),
    // They spell the text once more, in pieces that no detector recognises.
    ("logprobs[].bytes", Prompt),
    ("logprobs[].top_logprobs[].logprob", Structure),
    ("logprobs[].top_logprobs[].bytes", Prompt),
];

/// A function or a tool of the caller's own, also below a namespace.
const FUNCTION: &[Rule] = &[
    ("type", OneOf(TOOL_TYPES)),
    ("name", Identifier),
    ("description", Text),
    ("parameters", Schema),
    ("output_schema", Schema),
    ("strict", Structure),
    ("async", Structure),
    ("defer_loading", Structure),
    ("allowed_callers[]", OneOf(&["direct", "programmatic"])),
    ("format.type", OneOf(&["text", "grammar"])),
    ("format.syntax", OneOf(&["lark", "regex"])),
];

/// Other tools. The keys that are passed on to servers (`authorization`, `headers`,
/// `domain_secrets`) and the servers' addresses are values like any other.
const TOOL: &[Rule] = &[
    ("execution", OneOf(EXECUTIONS)),
    ("server_label", Identifier),
    ("server_url", Text),
    ("tunnel_id", Identifier),
    (
        "connector_id",
        OneOf(&[
            "connector_dropbox",
            "connector_gmail",
            "connector_googlecalendar",
            "connector_googledrive",
            "connector_microsoftteams",
            "connector_outlookcalendar",
            "connector_outlookemail",
            "connector_sharepoint",
        ]),
    ),
    ("allowed_tools[]", Identifier),
    ("allowed_tools.tool_names[]", Identifier),
    ("allowed_tools.read_only", Structure),
    ("require_approval", OneOf(&["always", "never"])),
    ("require_approval.always.tool_names[]", Identifier),
    ("require_approval.always.read_only", Structure),
    ("require_approval.never.tool_names[]", Identifier),
    ("require_approval.never.read_only", Structure),
    ("vector_store_ids[]", Identifier),
    ("max_num_results", Structure),
    ("filters.type", OneOf(COMPARISONS)),
    ("filters.filters[].type", OneOf(COMPARISONS)),
    ("ranking_options.ranker", OneOf(&["auto", "default-2024-11-15"])),
    ("ranking_options.score_threshold", Structure),
    ("ranking_options.hybrid_search.embedding_weight", Structure),
    ("ranking_options.hybrid_search.text_weight", Structure),
    ("external_web_access", Structure),
    ("search_context_size", OneOf(&["low", "medium", "high"])),
    ("search_content_types[]", OneOf(&["text", "image"])),
    ("user_location.type", OneOf(&["approximate"])),
    ("container", Identifier),
    ("container.type", OneOf(&["auto"])),
    ("container.file_ids[]", Unscannable(Media::File)),
    ("container.memory_limit", OneOf(MEMORY_LIMITS)),
    ("container.network_policy.type", OneOf(NETWORK_POLICIES)),
    ("environment.type", OneOf(&["container_auto", "container_reference", "local"])),
    ("environment.container_id", Identifier),
    ("environment.file_ids[]", Unscannable(Media::File)),
    ("environment.memory_limit", OneOf(MEMORY_LIMITS)),
    ("environment.network_policy.type", OneOf(NETWORK_POLICIES)),
    ("environment.skills[].type", OneOf(&["inline", "skill_reference"])),
    ("environment.skills[].name", Identifier),
    ("environment.skills[].skill_id", Identifier),
    ("environment.skills[].version", Identifier),
    ("environment.skills[].source.type", OneOf(&["base64"])),
    ("environment.skills[].source.media_type", OneOf(&["application/zip"])),
    ("environment.skills[].source.data", Unscannable(Media::File)),
    ("display_width", Structure),
    ("display_height", Structure),
    ("environment", OneOf(&["windows", "mac", "linux", "ubuntu", "browser"])),
    ("action", OneOf(IMAGE_ACTIONS)),
    ("background", OneOf(IMAGE_BACKGROUNDS)),
    ("complexity", OneOf(&["low", "medium", "high"])),
    ("frame_count", Structure),
    ("frame_duration_ms", Structure),
    ("input_fidelity", OneOf(&["high", "low"])),
    ("input_image_mask", Unscannable(Media::Image)),
    ("model", Identifier),
    ("moderation", OneOf(&["auto", "low"])),
    ("output_compression", Structure),
    ("output_format", OneOf(IMAGE_FORMATS)),
    ("partial_images", Structure),
    ("quality", OneOf(IMAGE_QUALITIES)),
    ("size", OneOf(IMAGE_SIZES)),
    ("svg.model", Identifier),
    ("svg.reasoning.effort", OneOf(EFFORTS)),
];

const COMPARISONS: &[&str] = &["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or"];
const MEMORY_LIMITS: &[&str] = &["1g", "4g", "16g", "64g"];
const NETWORK_POLICIES: &[&str] = &["allowlist", "disabled"];
