using SparseTopK.Benchmarks;
using SparseTopK.Benchmarks.Tables;

return Commands.Run("Benchmarks of SparseTopK's core.", [new CoreContenders()], [], args);
