import type { IObjectMeta } from '@kubernetes-models/apimachinery/apis/meta/v1/ObjectMeta';

/** A Kubernetes object of any kind. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: IObjectMeta;
}

/**
 * An object whose schema is a custom one. Its type comes from a model, which may be of an older version than
 * `apiVersion`: the tests hold it against the schema of that version itself.
 */
export interface Custom<Spec> extends Manifest {
  readonly metadata: IObjectMeta;
  readonly spec: Spec;
}
