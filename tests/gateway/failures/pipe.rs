//! Output that nobody reads to its end.

use crate::support::shared;

/// As with `cordon policy check policies | head -1`.
#[tokio::test]
async fn a_reader_that_has_gone_is_no_failure() {
    let cordon = shared().await;
    let caller = cordon.caller("default").await;
    let policies = cordon.folder().join("policies");
    let commands: [&[&str]; 5] = [
        &["policy", "check", policies.to_str().unwrap()],
        &["policy", "schema"],
        &["keys", "list"],
        &["audit", "query"],
        &["audit", "verify", "--tenant", &caller.tenant],
    ];
    for command in commands {
        let (reader, unread) = std::io::pipe().unwrap();
        drop(reader);
        let output = cordon.cli_into(command, unread.into()).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{command:?}: {}, {said}", output.status);
    }
}
