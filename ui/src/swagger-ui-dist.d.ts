declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  /** Only what apiDocs.ts uses; the package ships no types of its own. */
  interface Options {
    url: string;
    dom_id: string;
    deepLinking: boolean;
    validatorUrl: null;
  }
  export default function SwaggerUIBundle(options: Options): void;
}
