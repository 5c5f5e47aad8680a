"""The contract as an outsider learns it: from the server's reflection, and from nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

Request = reflection_pb2.ServerReflectionRequest


@dataclass(frozen=True)
class Method:
    """One method: its path, such as ``/huimin.v1.CaseService/GetCase``, and the classes of its messages."""

    path: str
    request: type[Message]
    answer: type[Message]
    streams_in: bool
    streams_out: bool

    @property
    def service(self) -> str:
        return self.path[1:].rpartition("/")[0]

    async def call(
        self, channel: Any, *messages: Message | bytes, token: str | None = None, seconds: float = 10
    ) -> list[Any]:
        """Makes the call; its answers. Raises AioRpcError."""
        metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        kind = ("stream" if self.streams_in else "unary") + ("_stream" if self.streams_out else "_unary")
        call = getattr(channel, kind)(self.path, _bytes, self.answer.FromString)
        sent: Any = iter(messages) if self.streams_in else messages[0]
        answered = call(sent, timeout=seconds, metadata=metadata)
        if self.streams_out:
            return [answer async for answer in answered]
        return [await answered]


def _bytes(message: Message | bytes) -> bytes:
    return message if isinstance(message, bytes) else message.SerializeToString()


async def methods(channel: grpc.aio.Channel) -> dict[str, Method]:
    """All methods that a server offers, by their path."""
    pool = DescriptorPool()
    added: set[str] = set()
    listed = await _ask(channel, Request(list_services=""))
    names = [service.name for service in listed.list_services_response.service]
    for name in names:
        await _add(channel, pool, added, Request(file_containing_symbol=name))
    found = {}
    for name in names:
        for method in pool.FindServiceByName(name).methods:
            path = f"/{name}/{method.name}"
            found[path] = Method(
                path,
                GetMessageClass(method.input_type),
                GetMessageClass(method.output_type),
                bool(method.client_streaming),
                bool(method.server_streaming),
            )
    return found


async def _add(channel: grpc.aio.Channel, pool: DescriptorPool, added: set[str], request: Any) -> None:
    """Puts a file and those that it imports into the pool, each after what it imports."""
    answer = await _ask(channel, request)
    files = {
        file.name: file
        for file in map(FileDescriptorProto.FromString, answer.file_descriptor_response.file_descriptor_proto)
    }

    async def put(name: str) -> None:
        if name in added:
            return
        if name not in files:
            await _add(channel, pool, added, Request(file_by_filename=name))
            return
        for imported in files[name].dependency:
            await put(imported)
        added.add(name)
        pool.Add(files[name])

    for name in list(files):
        await put(name)


async def _ask(channel: grpc.aio.Channel, request: Any) -> Any:
    async def one() -> AsyncIterator[Any]:
        yield request

    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    return await anext(aiter(stub.ServerReflectionInfo(one())))
