//! How the embedded server is reached: a Unix socket in a private folder, or a
//! loopback port where sockets do not work.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::EmbeddedError;
use super::layout::Layout;

pub(super) const USER: &str = "cordon";
const DATABASE: &str = "postgres";
/// With a socket the port is only part of the socket's file name.
const SOCKET_PORT: u16 = 5432;
/// `sun_path` of `sockaddr_un` holds 108 bytes on Linux with the closing zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Where the server listens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Endpoint {
    /// The folder of the Unix socket.
    Socket(PathBuf),
    /// A port of 127.0.0.1.
    Port(u16),
}

impl Endpoint {
    /// Picks the place to listen at and makes the socket's folder.
    pub(super) fn choose(layout: &Layout) -> Result<Endpoint, EmbeddedError> {
        let beside_data = layout.folder.join("socket");
        if fits(&beside_data) {
            let _ = std::fs::remove_dir_all(&beside_data);
            layout.make_private(&beside_data)?;
            if socket_works(&beside_data) {
                return Ok(Endpoint::Socket(beside_data));
            }
        }
        for base in [std::env::temp_dir(), PathBuf::from("/tmp")] {
            // The random name cannot be taken in advance by another user.
            let folder = base.join(format!("cordon-{}", uuid::Uuid::new_v4().simple()));
            let enters = layout.account.is_none_or(|account| account.can_enter(&base));
            if enters && fits(&folder) && layout.make_private(&folder).is_ok() && socket_works(&folder) {
                return Ok(Endpoint::Socket(folder));
            }
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(EmbeddedError::NoEndpoint)?;
        let port = listener.local_addr().map_err(EmbeddedError::NoEndpoint)?.port();
        Ok(Endpoint::Port(port))
    }

    /// The server's settings that make it listen here and nowhere else.
    pub(super) fn settings(&self) -> Vec<String> {
        match self {
            Endpoint::Socket(folder) => vec![
                "listen_addresses=".into(),
                format!("unix_socket_directories={}", quoted(folder)),
                "unix_socket_permissions=0700".into(),
                format!("port={SOCKET_PORT}"),
            ],
            Endpoint::Port(port) => {
                vec!["listen_addresses=127.0.0.1".into(), "unix_socket_directories=".into(), format!("port={port}")]
            }
        }
    }

    /// How to connect here.
    pub(super) fn connect_options(&self, password: &SecretString) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass()
            .username(USER)
            .password(password.expose_secret())
            .database(DATABASE)
            .ssl_mode(PgSslMode::Disable)
            .application_name("cordon");
        let options = match self {
            Endpoint::Socket(folder) => options.socket(folder).port(SOCKET_PORT),
            Endpoint::Port(port) => options.host("127.0.0.1").port(*port),
        };
        options.disable_statement_logging()
    }

    /// Removes the socket's folder after the server has stopped.
    pub(super) fn remove(&self) {
        if let Endpoint::Socket(folder) = self {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn fits(folder: &Path) -> bool {
    folder.join(format!(".s.PGSQL.{SOCKET_PORT}")).as_os_str().len() <= SOCKET_PATH_BYTES_MAX
}

fn socket_works(folder: &Path) -> bool {
    let probe = folder.join("probe");
    let works = UnixListener::bind(&probe).is_ok();
    let _ = std::fs::remove_file(&probe);
    works
}

/// `unix_socket_directories` is a list: a path with a comma or a blank is quoted.
fn quoted(folder: &Path) -> String {
    format!("\"{}\"", folder.display().to_string().replace('"', "\"\""))
}
