use std::net::SocketAddr;

/// The address after `--listen`, or a free loopback port.
pub(crate) fn address() -> Result<SocketAddr, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => Ok(SocketAddr::from(([127, 0, 0, 1], 0))),
        [option, address] if option == "--listen" => {
            address.parse().map_err(|error| format!("{address}: {error}"))
        }
        _ => Err("usage: [--listen ADDR]".to_owned()),
    }
}

/// Prints the line that the parent process waits for: connections are accepted.
pub(crate) fn serving(address: SocketAddr) {
    println!("listening on {address}");
}
