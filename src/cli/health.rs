//! `opl health`: asks the service on this machine whether it is ready, for those who look after
//! containers that hold nothing but this program.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Failure;

/// How long the service may take.
const PATIENCE: Duration = Duration::from_secs(4);
/// Longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 4 * 1024;

/// What `opl health` takes.
#[derive(Args)]
pub(super) struct HealthArguments {
    /// Address the service listens on; one for every interface is asked on this machine
    #[arg(long, value_name = "ADDRESS", env = "OPL_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(super) async fn run(arguments: &HealthArguments) -> Result<(), Failure> {
    let address = on_this_machine(arguments.listen);
    let asked = tokio::time::timeout(PATIENCE, ask(address)).await;
    match asked.map_err(|_| Failure::new(format!("{address} does not answer")))? {
        Ok(200) => Ok(()),
        Ok(status) => Err(Failure::new(format!("{address} is not ready (status {status})"))),
        Err(error) => Err(Failure::new(format!("{address} cannot be asked: {error}"))),
    }
}

fn on_this_machine(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        named => named,
    };
    SocketAddr::new(ip, listen.port())
}

/// The status of `/health/ready`; 0 for what is no answer of HTTP.
async fn ask(address: SocketAddr) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    Ok(status.and_then(|status| status.parse().ok()).unwrap_or_default())
}
