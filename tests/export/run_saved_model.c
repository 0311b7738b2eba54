/* Runs one signature of a SavedModel on files, in a process without Python, as a server does:
 *
 *     run_saved_model FOLDER INPUT OUTPUT INDEX FILE...
 *
 * All files go in as one batch of strings through the operation INPUT; what comes out of the
 * operation OUTPUT at its INDEX, strings again, is written to FILE.out. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tensorflow/c/c_api.h>

static TF_Status *status;

static void check(int fine, const char *what) {
    if (fine && TF_GetCode(status) == TF_OK) return;
    fprintf(stderr, "%s: %d %s\n", what, TF_GetCode(status), TF_Message(status));
    exit(1);
}

static void read_file(const char *path, TF_TString *content) {
    FILE *file = fopen(path, "rb");
    check(file != NULL, path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    TF_TString_Init(content);
    check(fread(TF_TString_ResizeUninitialized(content, size), 1, size, file) == size, path);
    fclose(file);
}

static void write_file(const char *path, const TF_TString *content) {
    char name[4096];
    snprintf(name, sizeof name, "%s.out", path);
    FILE *file = fopen(name, "wb");
    check(file != NULL, name);
    size_t size = TF_TString_GetSize(content);
    check(fwrite(TF_TString_GetDataPointer(content), 1, size, file) == size, name);
    fclose(file);
}

int main(int count, char **words) {
    status = TF_NewStatus();
    check(count > 5, "expected FOLDER INPUT OUTPUT INDEX FILE...");
    const char *tags[] = {"serve"};
    TF_Graph *graph = TF_NewGraph();
    TF_SessionOptions *options = TF_NewSessionOptions();
    TF_Session *session =
        TF_LoadSessionFromSavedModel(options, NULL, words[1], tags, 1, graph, NULL, status);
    check(session != NULL, words[1]);
    int64_t files = count - 5;
    TF_Tensor *given = TF_AllocateTensor(TF_STRING, &files, 1, files * sizeof(TF_TString));
    TF_TString *contents = TF_TensorData(given);
    for (int i = 0; i < files; i++) read_file(words[5 + i], &contents[i]);
    TF_Output input = {TF_GraphOperationByName(graph, words[2]), 0};
    TF_Output output = {TF_GraphOperationByName(graph, words[3]), atoi(words[4])};
    check(input.oper && output.oper, "expected operations of the graph");
    TF_Tensor *made = NULL;
    TF_SessionRun(session, NULL, &input, &given, 1, &output, &made, 1, NULL, 0, NULL, status);
    check(made != NULL, "run");
    check(TF_TensorElementCount(made) == files, "expected an output for each file");
    contents = TF_TensorData(made);
    for (int i = 0; i < files; i++) write_file(words[5 + i], &contents[i]);
    TF_CloseSession(session, status);
    TF_DeleteSession(session, status);
    check(1, "close");
    return 0;
}
