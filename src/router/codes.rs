use rocketmq_tower_core::RequestCode;

/// The request codes of a route. Converts from a code or a number, and from an array, a slice, a
/// `Vec` or an iterator of codes.
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

impl<const N: usize> From<[i32; N]> for Codes {
    fn from(codes: [i32; N]) -> Self {
        codes.into_iter().map(RequestCode::from).collect()
    }
}

impl From<Vec<RequestCode>> for Codes {
    fn from(codes: Vec<RequestCode>) -> Self {
        Self(codes)
    }
}

impl FromIterator<RequestCode> for Codes {
    fn from_iter<I: IntoIterator<Item = RequestCode>>(codes: I) -> Self {
        Self(codes.into_iter().collect())
    }
}
