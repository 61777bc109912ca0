use std::net::SocketAddr;

/// The address after `--listen`, or a free port of the loopback.
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

/// Tells whoever started this process that connections are accepted.
pub(crate) fn serving(address: SocketAddr) {
    println!("listening on {address}");
}
