/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutException;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of the control socket: one request, one answer, closed. */
final class ControlHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final Logger LOG = LoggerFactory.getLogger(ControlHandler.class);

    private final ControlService service;
    private boolean asked;
    private Runnable whenGone = () -> { };

    ControlHandler(ControlService service) {
        this.service = service;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (asked) {
            context.close();
            return;
        }
        asked = true;
        if (request.decoderResult().isFailure()) {
            answer(context, new ControlService.Answer(400, ControlService.problem("the request is not HTTP/1.1 or its head is too large")));
            return;
        }
        String body = request.content().toString(StandardCharsets.UTF_8);
        whenGone = service.handle(request.method().name(), request.uri(), body,
                answer -> context.executor().execute(() -> answer(context, answer)));
    }

    private static void answer(ChannelHandlerContext context, ControlService.Answer answer) {
        try {
            send(context, answer.status(), answer.json());
        } catch (RuntimeException e) {
            ControlService.Answer defect = ControlService.defect(e);
            send(context, defect.status(), defect.json());
        }
    }

    private static void send(ChannelHandlerContext context, int status, String json) {
        var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status),
                Unpooled.copiedBuffer(json, StandardCharsets.UTF_8));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        whenGone.run();
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof ReadTimeoutException || cause instanceof java.io.IOException)) {
            LOG.warn("control connection dropped: {}", cause.toString());
        }
        context.close();
    }
}
