//! Which user of the operating system runs the embedded server.
//!
//! PostgreSQL refuses to run as root. When Cordon is root, the server runs as
//! the owner of the data that is there, else as `postgres`, else as `nobody`.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::EmbeddedError;

/// A user and its primary group, from `/etc/passwd`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The account to run the server as; `None` is the one Cordon runs as.
pub(super) fn choose(cluster: &Path) -> Result<Option<Account>, EmbeddedError> {
    let own_uid = rustix::process::geteuid().as_raw();
    let owner = cluster.metadata().ok().map(|m| Account { uid: m.uid(), gid: m.gid() });
    match owner {
        Some(owner) if own_uid == 0 && owner.uid != 0 => Ok(Some(owner)),
        Some(owner) if own_uid != owner.uid => {
            Err(EmbeddedError::OtherOwner { folder: cluster.to_owned(), uid: owner.uid })
        }
        _ if own_uid != 0 => Ok(None),
        _ => unprivileged().map(Some).ok_or(EmbeddedError::NoAccount),
    }
}

fn unprivileged() -> Option<Account> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].iter().find_map(|name| find(&passwd, name))
}

fn find(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(|id| id.parse().ok());
    let (uid, gid) = (ids.next()??, ids.next()??);
    (uid != 0).then_some(Account { uid, gid })
}

impl Account {
    /// Whether this account may enter `folder`: search permission on it and on
    /// every folder above. Group membership beyond the primary group and ACLs
    /// are not looked at, which errs on the side of a copy elsewhere.
    pub(super) fn can_enter(self, folder: &Path) -> bool {
        folder.ancestors().filter(|f| !f.as_os_str().is_empty()).all(|f| self.may(f, 0o1))
    }

    /// Whether this account may read the file at `path`.
    pub(super) fn can_read(self, path: &Path) -> bool {
        path.parent().is_some_and(|folder| self.can_enter(folder)) && self.may(path, 0o4)
    }

    fn may(self, path: &Path, right: u32) -> bool {
        path.metadata().is_ok_and(|m| {
            let shift = if m.uid() == self.uid {
                6
            } else if m.gid() == self.gid {
                3
            } else {
                0
            };
            m.mode() >> shift & right == right
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:a,,:/var/lib:/bin/sh\nbad:x:0:0::/:/";

    #[test]
    fn an_account_is_read_from_passwd_and_never_root() {
        assert_eq!(find(PASSWD, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(find(PASSWD, "bad"), None);
        assert_eq!(find(PASSWD, "nobody"), None);
    }

    #[test]
    fn a_private_folder_of_another_user_cannot_be_entered() {
        let stranger = Account { uid: 4_000_000, gid: 4_000_000 };
        let folder = std::env::temp_dir().join(format!("cordon-account-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let mode = |m| std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(m)).unwrap();
        mode(0o700);
        assert!(!stranger.can_enter(&folder));
        mode(0o711);
        assert!(stranger.can_enter(&folder));
        std::fs::remove_dir(&folder).unwrap();
    }
}
