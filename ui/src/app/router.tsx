/** The routes. Search parameters are plain text in the URL (`?filter=status:error`), typed by each route. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { parseAlertSearch, parseRuleSearch, parseSilenceSearch } from "../features/alerts/search";
import { parseCostSearch } from "../features/cost/search";
import { type DashboardSearch, parseDashboardSearch } from "../features/dashboards/search";
import {
  parseCompareSearch,
  parseDatasetSearch,
  parseDatasetsSearch,
  parseExperimentsSearch,
} from "../features/datasets/search";
import { parseExploreSearch } from "../features/explore/search";
import { parseLoginSearch } from "../features/login/next";
import { parseLogSearch } from "../features/logs/search";
import { parseQueueSearch, parseReviewSearch } from "../features/queues/search";
import { parseAgreementSearch, parseScoreSearch, parseScoresSearch } from "../features/scores/search";
import { parseSessionSearch } from "../features/sessions/search";
import { parseAuditSearch } from "../features/settings/audit/search";
import { parseSqlSearch } from "../features/sql/search";
import { parseTraceSearch } from "../features/trace/search";
import { parseListSearch } from "../widgets/list/listSearch";
import { NotFound } from "../widgets/NotFound";
import { PageError } from "../widgets/PageError";
import { parseScopeSearch } from "../widgets/scope/scopeSearch";
import { DOORS } from "./doors";
import { Shell } from "./Shell";

type RootSearch = { project?: string };

const rootRoute = createRootRoute({
  validateSearch: (raw: Record<string, unknown>): RootSearch =>
    typeof raw.project === "string" && raw.project !== "" ? { project: raw.project } : {},
  search: { middlewares: [retainSearchParams(["project"])] },
  component: Shell,
  notFoundComponent: NotFound,
});

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/overview" });
  },
});

const overviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/overview",
  validateSearch: parseScopeSearch,
  component: lazyRouteComponent(() => import("../features/overview/OverviewPage"), "OverviewPage"),
});

const tracesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/traces",
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import("../features/traces/TracesPage"), "TracesPage"),
});

const traceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/traces/$traceId",
  validateSearch: parseTraceSearch,
  // Markdown and the panels of a span come only when a trace is opened.
  component: lazyRouteComponent(() => import("../features/trace/TracePage"), "TracePage"),
});

const sessionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sessions",
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import("../features/sessions/SessionsPage"), "SessionsPage"),
});

const sessionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sessions/$sessionId",
  validateSearch: parseSessionSearch,
  component: lazyRouteComponent(() => import("../features/sessions/SessionPage"), "SessionPage"),
});

const usersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/users",
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import("../features/users/UsersPage"), "UsersPage"),
});

const userRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/users/$userId",
  validateSearch: parseListSearch,
  component: lazyRouteComponent(() => import("../features/users/UserPage"), "UserPage"),
});

const mapRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/map",
  validateSearch: parseScopeSearch,
  component: lazyRouteComponent(() => import("../features/map/MapPage"), "MapPage"),
});

const publicRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/p/$token",
  component: lazyRouteComponent(() => import("../features/public/PublicTracePage"), "PublicTracePage"),
});

const logsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/logs",
  validateSearch: parseLogSearch,
  component: lazyRouteComponent(() => import("../features/logs/LogsPage"), "LogsPage"),
});

const exploreRoute = createRoute({
  getParentRoute: () => rootRoute,
  // Not /metrics, which Prometheus scrapes.
  path: "/explore",
  validateSearch: parseExploreSearch,
  component: lazyRouteComponent(() => import("../features/explore/ExplorePage"), "ExplorePage"),
});

const costRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/cost",
  component: lazyRouteComponent(() => import("../features/cost/CostLayout"), "CostLayout"),
});

const costsRoute = createRoute({
  getParentRoute: () => costRoute,
  path: "/",
  validateSearch: parseCostSearch,
  component: lazyRouteComponent(() => import("../features/cost/CostPage"), "CostPage"),
});

const pricesRoute = createRoute({
  getParentRoute: () => costRoute,
  path: "/prices",
  component: lazyRouteComponent(() => import("../features/cost/prices/PricesPage"), "PricesPage"),
});

const dashboardsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/dashboards",
  validateSearch: (raw: Record<string, unknown>): { list?: string } =>
    raw.list === undefined ? {} : { list: "1" },
  component: lazyRouteComponent(() => import("../features/dashboards/list/DashboardsPage"), "DashboardsPage"),
});

const dashboardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/dashboards/$dashboardId",
  validateSearch: (raw: Record<string, unknown>): DashboardSearch => parseDashboardSearch(raw),
  component: lazyRouteComponent(() => import("../features/dashboards/DashboardPage"), "DashboardPage"),
});

const sqlRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sql",
  validateSearch: parseSqlSearch,
  component: lazyRouteComponent(() => import("../features/sql/SqlPage"), "SqlPage"),
});

const alertsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/alerts",
  component: lazyRouteComponent(() => import("../features/alerts/AlertsLayout"), "AlertsLayout"),
});

const alertListRoute = createRoute({
  getParentRoute: () => alertsRoute,
  path: "/",
  validateSearch: parseAlertSearch,
  component: lazyRouteComponent(() => import("../features/alerts/list/AlertsPage"), "AlertsPage"),
});

const rulesRoute = createRoute({
  getParentRoute: () => alertsRoute,
  path: "/rules",
  validateSearch: parseRuleSearch,
  component: lazyRouteComponent(() => import("../features/alerts/rules/RulesPage"), "RulesPage"),
});

const silencesRoute = createRoute({
  getParentRoute: () => alertsRoute,
  path: "/silences",
  validateSearch: parseSilenceSearch,
  component: lazyRouteComponent(() => import("../features/alerts/silences/SilencesPage"), "SilencesPage"),
});

const receiversRoute = createRoute({
  getParentRoute: () => alertsRoute,
  path: "/receivers",
  component: lazyRouteComponent(() => import("../features/alerts/receivers/ReceiversPage"), "ReceiversPage"),
});

const budgetsRoute = createRoute({
  getParentRoute: () => alertsRoute,
  path: "/budgets",
  component: lazyRouteComponent(() => import("../features/alerts/budgets/BudgetsPage"), "BudgetsPage"),
});

const evaluatorsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/evaluators",
  component: lazyRouteComponent(() => import("../features/evaluators/EvaluatorsLayout"), "EvaluatorsLayout"),
});

const evaluatorListRoute = createRoute({
  getParentRoute: () => evaluatorsRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../features/evaluators/list/EvaluatorsPage"), "EvaluatorsPage"),
});

const judgesRoute = createRoute({
  getParentRoute: () => evaluatorsRoute,
  path: "/judges",
  component: lazyRouteComponent(
    () => import("../features/evaluators/connections/ConnectionsPage"),
    "ConnectionsPage",
  ),
});

const newEvaluatorRoute = createRoute({
  getParentRoute: () => evaluatorsRoute,
  path: "/new",
  component: lazyRouteComponent(() => import("../features/evaluators/edit/NewPage"), "NewPage"),
});

const evaluatorRoute = createRoute({
  getParentRoute: () => evaluatorsRoute,
  path: "/$evaluatorId",
  component: lazyRouteComponent(() => import("../features/evaluators/detail/EvaluatorPage"), "EvaluatorPage"),
});

const editEvaluatorRoute = createRoute({
  getParentRoute: () => evaluatorsRoute,
  path: "/$evaluatorId/edit",
  component: lazyRouteComponent(() => import("../features/evaluators/edit/ChangePage"), "ChangePage"),
});

const scoresRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/scores",
  component: lazyRouteComponent(() => import("../features/scores/ScoresLayout"), "ScoresLayout"),
});

const scoreListRoute = createRoute({
  getParentRoute: () => scoresRoute,
  path: "/",
  validateSearch: parseScoresSearch,
  component: lazyRouteComponent(() => import("../features/scores/list/ScoresPage"), "ScoresPage"),
});

const scoreRoute = createRoute({
  getParentRoute: () => scoresRoute,
  path: "/name/$name",
  validateSearch: parseScoreSearch,
  component: lazyRouteComponent(() => import("../features/scores/detail/ScorePage"), "ScorePage"),
});

const agreementRoute = createRoute({
  getParentRoute: () => scoresRoute,
  path: "/agreement",
  validateSearch: parseAgreementSearch,
  component: lazyRouteComponent(() => import("../features/scores/agreement/AgreementPage"), "AgreementPage"),
});

const scoreConfigsRoute = createRoute({
  getParentRoute: () => scoresRoute,
  path: "/configurations",
  component: lazyRouteComponent(() => import("../features/scores/configs/ConfigsPage"), "ConfigsPage"),
});

const queuesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/queues",
  component: lazyRouteComponent(() => import("../features/queues/list/QueuesPage"), "QueuesPage"),
});

const newQueueRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/queues/new",
  component: lazyRouteComponent(() => import("../features/queues/edit/NewQueuePage"), "NewQueuePage"),
});

const queueRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/queues/$queueId",
  validateSearch: parseQueueSearch,
  component: lazyRouteComponent(() => import("../features/queues/detail/QueuePage"), "QueuePage"),
});

const reviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/queues/$queueId/review",
  validateSearch: parseReviewSearch,
  component: lazyRouteComponent(() => import("../features/queues/review/ReviewPage"), "ReviewPage"),
});

const datasetsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/datasets",
  validateSearch: parseDatasetsSearch,
  component: lazyRouteComponent(() => import("../features/datasets/DatasetsPage"), "DatasetsPage"),
});

const datasetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/datasets/$name",
  validateSearch: parseDatasetSearch,
  component: lazyRouteComponent(() => import("../features/datasets/DatasetPage"), "DatasetPage"),
});

const experimentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments",
  validateSearch: parseExperimentsSearch,
  component: lazyRouteComponent(() => import("../features/experiments/ExperimentsPage"), "ExperimentsPage"),
});

const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments/compare",
  validateSearch: parseCompareSearch,
  component: lazyRouteComponent(() => import("../features/experiments/ComparePage"), "ComparePage"),
});

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("../features/settings/SettingsLayout"), "SettingsLayout"),
});

const privacyRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/privacy",
  component: lazyRouteComponent(() => import("../features/settings/privacy/PrivacyPage"), "PrivacyPage"),
});

const thresholdsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/thresholds",
  component: lazyRouteComponent(
    () => import("../features/settings/thresholds/ThresholdsPage"),
    "ThresholdsPage",
  ),
});

const projectSettingsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/",
  component: lazyRouteComponent(() => import("../features/settings/project/ProjectPage"), "ProjectPage"),
});

const settingsKeysRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/keys",
  component: lazyRouteComponent(() => import("../features/settings/keys/KeysPage"), "KeysPage"),
});

const membersRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/members",
  component: lazyRouteComponent(() => import("../features/settings/members/MembersPage"), "MembersPage"),
});

const organizationRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/organization",
  component: lazyRouteComponent(
    () => import("../features/settings/organization/OrganizationPage"),
    "OrganizationPage",
  ),
});

const auditRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/audit",
  validateSearch: parseAuditSearch,
  component: lazyRouteComponent(() => import("../features/settings/audit/AuditPage"), "AuditPage"),
});

const accountRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/account",
  component: lazyRouteComponent(() => import("../features/settings/account/AccountPage"), "AccountPage"),
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: parseLoginSearch,
  component: lazyRouteComponent(() => import("../features/login/LoginPage"), "LoginPage"),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  component: lazyRouteComponent(() => import("../features/login/SetupPage"), "SetupPage"),
});

const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/invitation",
  component: lazyRouteComponent(() => import("../features/login/InvitationPage"), "InvitationPage"),
});

const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reset",
  component: lazyRouteComponent(() => import("../features/login/ResetPage"), "ResetPage"),
});

function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Colons, slashes and commas stay readable: a filter in the address bar is meant to be read. */
function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value)).replace(/%(3A|2F|2C|40|2A)/g, decode)}`,
    );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function decode(escaped: string): string {
  return decodeURIComponent(escaped);
}

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    indexRoute,
    overviewRoute,
    tracesRoute,
    traceRoute,
    sessionsRoute,
    sessionRoute,
    usersRoute,
    userRoute,
    mapRoute,
    publicRoute,
    logsRoute,
    exploreRoute,
    sqlRoute,
    costRoute.addChildren([costsRoute, pricesRoute]),
    dashboardsRoute,
    dashboardRoute,
    queuesRoute,
    newQueueRoute,
    queueRoute,
    reviewRoute,
    datasetsRoute,
    datasetRoute,
    experimentsRoute,
    compareRoute,
    scoresRoute.addChildren([scoreListRoute, scoreRoute, agreementRoute, scoreConfigsRoute]),
    evaluatorsRoute.addChildren([
      evaluatorListRoute,
      judgesRoute,
      newEvaluatorRoute,
      evaluatorRoute,
      editEvaluatorRoute,
    ]),
    loginRoute,
    setupRoute,
    invitationRoute,
    resetRoute,
    settingsRoute.addChildren([
      projectSettingsRoute,
      thresholdsRoute,
      privacyRoute,
      settingsKeysRoute,
      membersRoute,
      organizationRoute,
      auditRoute,
      accountRoute,
    ]),
    alertsRoute.addChildren([alertListRoute, rulesRoute, silencesRoute, receiversRoute, budgetsRoute]),
  ]),
  parseSearch,
  stringifySearch,
  defaultErrorComponent: PageError,
  defaultPreload: false,
  scrollRestoration: false,
});

/** To the door, and back here after it. Not from a door, whose own answer says what is wrong. */
export function askToSignIn(): void {
  const { pathname, href } = router.state.location;
  if (DOORS.includes(pathname) || pathname.startsWith("/p/")) return;
  void router.navigate({ to: "/login", search: { next: href }, replace: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
