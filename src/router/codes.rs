use rocketmq_tower_core::RequestCode;

/// One request code or several: what a route serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes(pub(super) Vec<RequestCode>);

impl From<RequestCode> for Codes {
    fn from(code: RequestCode) -> Self {
        Self(vec![code])
    }
}

impl From<i32> for Codes {
    fn from(code: i32) -> Self {
        RequestCode::from(code).into()
    }
}

impl<const N: usize> From<[RequestCode; N]> for Codes {
    fn from(codes: [RequestCode; N]) -> Self {
        Self(codes.into())
    }
}

impl From<&[RequestCode]> for Codes {
    fn from(codes: &[RequestCode]) -> Self {
        Self(codes.into())
    }
}
