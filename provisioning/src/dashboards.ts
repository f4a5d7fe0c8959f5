import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { pipelineFlow } from './dashboards/flow';
import { overview } from './dashboards/overview';
import { releases } from './dashboards/releases';
import { resources } from './dashboards/resources';
import { sloAndBurn } from './dashboards/slo';

/** All dashboards of the project, in the order in which one would look at them. */
export const dashboards: readonly Dashboard[] = [overview, pipelineFlow, sloAndBurn, resources, releases];
