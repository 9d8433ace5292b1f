import Hummingbird

/// All routes of the collector.
enum CollectorRoutes {
    static func responder(_ edge: Edge, _ tail: LokiTail) -> some HTTPResponder<CollectorContext> {
        let routes = Routes(edge)
        MetricIngest(edge: edge).register(routes)
        LogIngest(edge: edge).register(routes)
        LineIngest(edge: edge).register(routes)
        BulkIngest(edge: edge).register(routes)
        ElasticsearchStart(edge: edge).register(routes)
        QueryRoutes(edge: edge).register(routes)
        SeriesRoutes(edge: edge).register(routes)
        RuleRoutes(edge: edge).register(routes)
        AlertmanagerRoutes(edge: edge).register(routes)
        ActionRoutes(edge: edge).register(routes)
        BoardRoutes(edge: edge).register(routes)
        OnCallRoutes(edge: edge).register(routes)
        IncidentRoutes(edge: edge).register(routes)
        HeartbeatRoutes(edge: edge).register(routes)
        StatusRoutes(edge: edge).register(routes)
        TargetRoutes(edge: edge).register(routes)
        RemoteReadRoutes(edge: edge).register(routes)
        Federation(edge: edge).register(routes)
        AdminRoutes(edge: edge).register(routes)
        TransferRoutes(edge: edge).register(routes)
        LokiRoutes(edge: edge).register(routes)
        tail.register(routes)
        LogRoutes(edge: edge).register(routes)
        LogDeletionRoutes(edge: edge).register(routes)
        LogDayRoutes(edge: edge).register(routes)
        NightjarRoutes(edge: edge).register(routes)
        return routes.responder
    }
}
