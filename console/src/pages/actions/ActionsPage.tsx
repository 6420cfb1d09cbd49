// All orders to devices, newest first, with their state as it changes; details beside the list.
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";

import { actionsQuery } from "../../api/queries";
import {
    type Action,
    ACTION_FAILED,
    ACTION_RUNNING,
    ACTION_STATES,
    ACTION_WAITING,
    type ActionFilter,
    type ActionState,
} from "../../api/types";
import { Choice, FilterTag, Switches } from "../../components/filters";
import { NewRows } from "../../components/NewRows";
import { Panel } from "../../components/Panel";
import { EmptyState } from "../../components/states";
import { DataTable } from "../../components/table/DataTable";
import { visible } from "../../lib/escape";
import { type Change, changed } from "../../lib/search";
import { useNewRows } from "../../live/useNewRows";
import { ACTION_KINDS, actionTitle } from "../../respond/kinds";
import type { ActionsSearch } from "../../routes/search";
import { Page } from "../../shell/Page";
import { ActionDrawer } from "./ActionDrawer";
import { actionColumns } from "./columns";

const route = getRouteApi("/actions");

/** States as a person asks for them; together they are all states. */
const GROUPS = [
    { value: "waiting", label: "Waiting", states: ACTION_WAITING },
    { value: "running", label: "Running", states: ACTION_RUNNING },
    { value: "succeeded", label: "Succeeded", states: ["succeeded"] },
    { value: "failed", label: "Failed", states: ACTION_FAILED },
    { value: "other", label: "Withdrawn", states: ["draft", "denied", "lapsed", "cancelled"] },
] as const satisfies readonly { value: string; label: string; states: readonly ActionState[] }[];
type GroupName = (typeof GROUPS)[number]["value"];

function groupsOf(states: readonly ActionState[] | undefined): GroupName[] {
    if (states === undefined) return GROUPS.map((group) => group.value);
    return GROUPS.filter((group) => group.states.some((state) => states.includes(state))).map((group) => group.value);
}

function statesOf(groups: readonly GroupName[]): ActionState[] | undefined {
    if (groups.length === GROUPS.length) return undefined;
    const wanted = GROUPS.filter((group) => groups.includes(group.value)).flatMap((group): readonly ActionState[] => group.states);
    return ACTION_STATES.filter((state) => wanted.includes(state));
}

function filterOf(search: ActionsSearch): ActionFilter {
    const { state, name, device, request } = search;
    return {
        ...(state !== undefined && { state }),
        ...(name !== undefined && { name }),
        ...(device !== undefined && { device }),
        ...(request !== undefined && { request }),
    };
}

const rowId = (action: Action) => action.id;

export function ActionsPage() {
    const search = route.useSearch();
    const navigate = useNavigate({ from: "/actions" });
    const query = useInfiniteQuery(actionsQuery(filterOf(search)));
    const fresh = useNewRows("actions", query.data, (message) => {
        if (message.event !== "action" || message.change !== "new") return undefined;
        if (search.device !== undefined && search.device !== message.device) return undefined;
        if (search.name !== undefined && search.name !== message.name) return undefined;
        if (search.request !== undefined && search.request !== message.request) return undefined;
        return message.id;
    });
    const change = (next: Change<ActionsSearch>) =>
        void navigate({ search: (before) => changed(before, next), replace: true });

    const columns = useMemo(
        () =>
            actionColumns((action) => {
                void navigate({ search: (before) => ({ ...before, open: action.id }), replace: true });
            }),
        [navigate],
    );

    const device = query.data?.pages[0]?.items[0]?.hostname;

    return (
        <Page title="Actions" fill>
            <Panel fill>
                <DataTable
                    name="actions"
                    label="Actions"
                    nouns={["action", "actions"]}
                    columns={columns}
                    query={query}
                    rowId={rowId}
                    rowLabel={(action) => `${actionTitle(action.name)} on ${visible(action.hostname)}`}
                    onOpen={(action) => {
                        change({ open: action.id });
                    }}
                    toolbar={
                        <>
                            <Switches
                                label="State"
                                options={GROUPS}
                                value={groupsOf(search.state)}
                                onChange={(groups) => {
                                    change({ state: statesOf(groups) });
                                }}
                            />
                            <Choice
                                label="Action"
                                none="Any"
                                options={Object.values(ACTION_KINDS).map((kind) => ({ value: kind.name, label: kind.title }))}
                                value={Object.values(ACTION_KINDS).find((kind) => kind.name === search.name)?.name}
                                onChange={(name) => {
                                    change({ name });
                                }}
                            />
                            {search.device !== undefined && (
                                <FilterTag
                                    label="Device"
                                    onClear={() => {
                                        change({ device: undefined });
                                    }}
                                >
                                    {visible(device ?? search.device)}
                                </FilterTag>
                            )}
                            {search.request !== undefined && (
                                <FilterTag
                                    label="Order"
                                    onClear={() => {
                                        change({ request: undefined });
                                    }}
                                >
                                    {visible(search.request.slice(0, 8))}
                                </FilterTag>
                            )}
                            <NewRows count={fresh.count} nouns={["new action", "new actions"]} onLoad={fresh.load} />
                        </>
                    }
                    empty={
                        Object.keys(filterOf(search)).length > 0 ? (
                            <EmptyState title="No action matches">
                                <Button
                                    size="compact-xs"
                                    variant="default"
                                    onClick={() => {
                                        void navigate({ search: {} });
                                    }}
                                >
                                    Show all actions
                                </Button>
                            </EmptyState>
                        ) : (
                            <EmptyState title="Nothing was ordered yet">
                                Isolating a device, ending a process or sending a message starts on the page of a device or an alert.
                            </EmptyState>
                        )
                    }
                />
            </Panel>
            {search.open !== undefined && (
                <ActionDrawer
                    key={search.open}
                    id={search.open}
                    onClose={() => {
                        change({ open: undefined });
                    }}
                />
            )}
        </Page>
    );
}
