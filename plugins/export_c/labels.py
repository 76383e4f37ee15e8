"""labels.h and labels.c."""

from studio.api import ExportJob, c_header, c_string


def labels_header(job: ExportJob) -> str:
    """Write labels.h."""
    return f"""{c_header(["The labels, in the order of the model's outputs."])}#ifndef LABELS_H
#define LABELS_H

#define MODEL_LABEL_COUNT {len(job.labels)}

#ifdef __cplusplus
extern "C" {{
#endif

/* UTF-8. */
extern const char *const model_labels[];

#ifdef __cplusplus
}}
#endif

#endif
"""


def labels_source(job: ExportJob) -> str:
    """Write labels.c."""
    words = "".join(f"  {c_string(label)},\n" for label in job.labels) or "  0,\n"
    return f'#include "labels.h"\n\nconst char *const model_labels[] = {{\n{words}}};\n'
