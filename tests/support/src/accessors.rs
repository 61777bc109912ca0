/// Asserts that the service of a layer gives access to the service inside.
#[macro_export]
macro_rules! assert_accessors {
    ($layer:expr) => {{
        let mut service = tower::Layer::layer(&$layer, 7);
        *service.get_mut() += 1;
        assert_eq!((*service.get_ref(), service.into_inner()), (8, 8));
    }};
}
