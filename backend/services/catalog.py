"""What the county offers."""

from __future__ import annotations

from huimin.v1 import catalog_pb2, catalog_pb2_grpc

from backend.authoring.published import Published
from backend.rpc import bounds, page_token
from backend.rpc.door import Context
from backend.rpc.refusal import not_found


class CatalogService(catalog_pb2_grpc.CatalogServiceServicer):
    """`huimin.v1.CatalogService` over the published services, in the order of their rank."""

    def __init__(self, published: Published) -> None:
        self._published = published

    async def ListServices(  # noqa: N802 (the contract's name)
        self, request: catalog_pb2.ListServicesRequest, context: Context
    ) -> catalog_pb2.ListServicesResponse:
        """Lists the services, without their guides."""
        kind = request.kind
        size = bounds.page_size(request.page_size, default=50, most=200)
        of_list = ("ListServices", str(kind))
        position = page_token.decode(request.page_token, of_list, int)
        start = int(position[0]) if position else 0
        services = self._published.current.content.services
        fitting = [service for service in services if kind in (0, service.kind)]
        page = fitting[max(start, 0) : max(start, 0) + size]
        more = start + size < len(fitting)
        return catalog_pb2.ListServicesResponse(
            services=map(_without_guide, page),
            next_page_token=page_token.encode(of_list, [start + size]) if more else "",
        )

    async def GetService(  # noqa: N802
        self, request: catalog_pb2.GetServiceRequest, context: Context
    ) -> catalog_pb2.GetServiceResponse:
        """Gets one service with its guide."""
        service = self._published.current.services.get(request.name)
        if service is None:
            raise not_found("SERVICE_UNKNOWN", "service")
        return catalog_pb2.GetServiceResponse(service=service)


def _without_guide(service: catalog_pb2.Service) -> catalog_pb2.Service:
    listed = catalog_pb2.Service()
    listed.CopyFrom(service)
    listed.ClearField("guide")
    return listed
