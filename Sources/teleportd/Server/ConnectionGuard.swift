import NIOCore
import NIOHTTPTypes

/// Closes a connection on which no request begins, and turns on the kernel's probes.
///
/// A request that has begun is not its business: applying a batch takes as long as it takes.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var alarm: Scheduled<Void>?

    func handlerAdded(context: ChannelHandlerContext) {
        _ = Probes.enable(on: context.channel)
        start(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { alarm?.cancel() }
        context.fireChannelRead(data)
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        if case .end = unwrapOutboundIn(data) { start(context) }
        context.write(data, promise: promise)
    }

    private func start(_ context: ChannelHandlerContext) {
        alarm?.cancel()
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: Limits.quietConnection) {
            channel.close(promise: nil)
        }
    }
}
