// Every read of the server, with its key. Keys begin with the kind of record, so that a live message can say "alerts".
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, data, setCsrf } from "./client";
import type { Action, Alert, Device, Overview, Page, Session } from "./types";

export const PAGE_ITEMS = 100;

export interface AlertFilter {
    state?: string;
    level?: string;
    device?: string;
    rule?: string;
    since?: string;
}

export interface DeviceFilter {
    state?: string;
    platform?: string;
    q?: string;
}

export interface ActionFilter {
    state?: string;
    name?: string;
    device?: string;
    request?: string;
}

export const sessionQuery = queryOptions({
    queryKey: ["session"],
    queryFn: async (): Promise<Session> => {
        const session: Session = await data(api.GET("/api/v1/session"));
        setCsrf(session.csrf);
        return session;
    },
    staleTime: Infinity,
});

export const overviewQuery = queryOptions({
    queryKey: ["overview"],
    queryFn: (): Promise<Overview> => data(api.GET("/api/v1/overview")),
});

/** Options of a list that is loaded page by page. */
function pages<F extends object, T>(key: string, filter: F, load: (query: F & { cursor?: string }) => Promise<Page<T>>) {
    return infiniteQueryOptions({
        queryKey: [key, filter] as const,
        queryFn: ({ pageParam }) => load(pageParam ? { ...filter, cursor: pageParam } : filter),
        initialPageParam: "",
        getNextPageParam: (last: Page<T>) => last.next,
        placeholderData: keepPreviousData,
    });
}

export const alertsQuery = (filter: AlertFilter, limit = PAGE_ITEMS) =>
    pages<AlertFilter & { limit: number }, Alert>("alerts", { ...filter, limit }, (query) =>
        data(api.GET("/api/v1/alerts", { params: { query } })),
    );

export const devicesQuery = (filter: DeviceFilter, limit = PAGE_ITEMS) =>
    pages<DeviceFilter & { limit: number }, Device>("devices", { ...filter, limit }, (query) =>
        data(api.GET("/api/v1/devices", { params: { query } })),
    );

export const actionsQuery = (filter: ActionFilter, limit = PAGE_ITEMS) =>
    pages<ActionFilter & { limit: number }, Action>("actions", { ...filter, limit }, (query) =>
        data(api.GET("/api/v1/actions", { params: { query } })),
    );

export const deviceQuery = (id: string) =>
    queryOptions({
        queryKey: ["device", id],
        queryFn: (): Promise<Device> => data(api.GET("/api/v1/devices/{id}", { params: { path: { id } } })),
    });

export const alertQuery = (id: string) =>
    queryOptions({
        queryKey: ["alert", id],
        queryFn: (): Promise<Alert> => data(api.GET("/api/v1/alerts/{id}", { params: { path: { id } } })),
    });

export const actionQuery = (id: string) =>
    queryOptions({
        queryKey: ["action", id],
        queryFn: (): Promise<Action> => data(api.GET("/api/v1/actions/{id}", { params: { path: { id } } })),
    });
